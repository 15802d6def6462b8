//! More of the kinds that people bring, from public threads and from what their tools write: `README.md` here lists them with
//! their sources. Every one is read as it was meant, or refused in a sentence.

use image::ImageFormat;
use latent_import::open;
use latent_import::read::Named;
use latent_import::source::first_frame;
use parquet::basic::{BrotliLevel, Compression, ZstdLevel};

use super::made;
use super::people::{Files, come_to, named, pictures, zip};

fn png(i: u8) -> Vec<u8> {
    made::plain(ImageFormat::Png, [i, 200, 0], 8)
}

/// Every row of a list, in both orders.
fn check(rows: Vec<(&str, Files, &str)>) {
    let mut wrong = Vec::new();
    for (name, files, expected) in rows {
        let mut files = named(&files);
        for order in ["as listed", "the other way round"] {
            let found = come_to(&files);
            // A sentence of refusal is told by its beginning or by a part of it.
            if found != expected && !(expected.starts_with('…') && found.contains(expected.trim_start_matches('…'))) {
                wrong.push(format!("{name}, {order}:\n  found    {found}\n  expected {expected}"));
            }
            files.reverse();
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The first value of every image, sorted.
fn levels(files: &[Named]) -> Vec<u8> {
    let mut source = open(files, None).unwrap();
    let items = source.about().items;
    let mut all: Vec<u8> = (0..items).map(|i| source.item(i).unwrap().raw.picture().unwrap().values_hwc[0]).collect();
    all.sort_unstable();
    all
}

fn array(n: usize, first: u8) -> Vec<u8> {
    made::npy("|u1", &[n, 8, 8], &made::images(n, first))
}

fn labels(values: &[i64]) -> Vec<u8> {
    made::npy("<i8", &[values.len()], &made::longs(values))
}

#[test]
fn several_files_are_one_set() {
    let drawings = |n: usize| made::npy("|u1", &[n, 784], &vec![9; n * 784]);
    let qmnist: Vec<u8> = (0..6i32).flat_map(|i| [i % 2, i % 3, 0, i, 30 + i % 2, i, 0, 0]).flat_map(i32::to_be_bytes).collect();
    let qmnist = [&[0, 0, 12, 2, 0, 0, 0, 6, 0, 0, 0, 8][..], &qmnist].concat();
    let shard = |first: u8| zip(&[("x.npy", array(4, first)), ("y.npy", labels(&[0, 1, 0, 1]))]);
    let table = |n: u8, codec| made::parquet(&(0..n).map(|i| (png(i), i32::from(i % 2))).collect::<Vec<_>>(), codec);
    let zstd = Compression::ZSTD(ZstdLevel::default());
    check(vec![
        (
            "drawings by word",
            vec![("full_numpy_bitmap_cat.npy", drawings(3)), ("full_numpy_bitmap_dog.npy", drawings(2))],
            "train 5; File: cat 3, dog 2",
        ),
        ("numbered shards", vec![("shard-0.npz", shard(0)), ("shard-1.npz", shard(100))], "train 8; y: 0 4, 1 4"),
        (
            "shards beside their labels",
            vec![
                ("x_1.npy", array(4, 0)),
                ("x_2.npy", array(4, 50)),
                ("y_1.npy", labels(&[0, 0, 0, 0])),
                ("y_2.npy", labels(&[1, 1, 1, 2])),
            ],
            "train 8; y: 0 4, 1 3, 2 1",
        ),
        (
            "other customs of names",
            vec![
                ("trainX.npy", array(8, 0)),
                ("trainY.npy", labels(&[0, 1, 0, 1, 0, 1, 0, 1])),
                ("testX.npy", array(4, 9)),
                ("testY.npy", labels(&[0, 1, 0, 1])),
            ],
            "train 8, test 4; y: 0 6, 1 6",
        ),
        (
            "parts in folders",
            vec![
                ("d/train/images.npy", array(8, 0)),
                ("d/train/labels.npy", labels(&[0, 1, 0, 1, 0, 1, 0, 1])),
                ("d/val/images.npy", array(4, 9)),
                ("d/val/labels.npy", labels(&[0, 1, 0, 1])),
            ],
            "train 8, valid 4; labels: 0 6, 1 6",
        ),
        (
            "QMNIST's columns",
            vec![
                ("qmnist-train-images-idx3-ubyte", made::idx(&[6, 8, 8], &made::images(6, 100))),
                ("qmnist-train-labels-idx2-int", qmnist),
            ],
            "train 6; Label: 0 3, 1 3; Series: 0 2, 1 2, 2 2; Digit of the writer: 0 1, 1 1, 2 1, 3 1, 4 1, 5 1; NIST class: 30 3, 31 3; NIST number: 0 1, 1 1, 2 1, 3 1, 4 1, 5 1",
        ),
        (
            "tables by zstd",
            vec![
                ("data/train-00000-of-00002.parquet", table(4, zstd)),
                ("data/train-00001-of-00002.parquet", table(4, zstd)),
                ("data/test-00000-of-00001.parquet", table(2, zstd)),
            ],
            "train 8, test 2; label: 0, 1",
        ),
        ("a table by Brotli", vec![("t.parquet", table(4, Compression::BROTLI(BrotliLevel::default())))], "train 4; label: 0, 1"),
        ("a table by LZ4", vec![("t.parquet", table(4, Compression::LZ4_RAW))], "train 4; label: 0, 1"),
        (
            "archives in an archive",
            vec![(
                "all.zip",
                zip(&[
                    ("train.zip", zip(&pictures(&["cats/1.png", "dogs/2.png"]))),
                    ("test1.zip", zip(&pictures(&["cats/3.png", "dogs/4.png"]))),
                    ("readme.md", vec![b'#']),
                ]),
            )],
            "train 2, test 2; Folder: cats 2, dogs 2; 1 aside",
        ),
        (
            "arrays in an archive in an archive",
            vec![("kaggle.zip", zip(&[("mnist.npz", shard(0)), ("LICENSE", b"words".to_vec())]))],
            "train 4; y: 0 2, 1 2; 1 aside",
        ),
        ("masks beside images", vec![("images.npy", array(4, 0)), ("masks.npy", array(4, 50))], "train 4; 1 aside"),
    ]);
}

#[test]
fn tables_say_what_pictures_are() {
    let four = || pictures(&["train/a1.png", "train/b2.png", "train/c3.png", "train/d4.png"]);
    let with = |name: &'static str, text: &str| four().into_iter().chain([(name, text.as_bytes().to_vec())]).collect::<Files>();
    check(vec![
        (
            "ids without endings",
            with("labels.csv", "id,breed\na1,boxer\nb2,pug\nc3,pug\nd4,boxer\n"),
            "train 4; breed: boxer 2, pug 2",
        ),
        (
            "a column of parts",
            with("meta.tsv", "file\tsplit\na1.png\ttrain\nb2.png\ttrain\nc3.png\tval\nd4.png\ttest\n"),
            "train 2, valid 1, test 1",
        ),
        (
            "semicolons, quotes and an index",
            with(
                "t.csv",
                "\"\";\"image\";\"kind\"\n\"0\";\"train/a1.png\";\"x\"\n\"1\";\"train/b2.png\";\"y\"\n\"2\";\"train/c3.png\";\"x\"\n\"3\";\"train/d4.png\";\"y\"\n",
            ),
            "train 4; kind: x 2, y 2",
        ),
        ("a line is missing", with("t.csv", "name,kind\na1.png,x\nb2.png,y\nc3.png,x\n"), "train 4; kind: x 2, y 1, unknown 1"),
        ("a table of something else", with("weather.csv", "day,rain\nMonday,1\nTuesday,2\n"), "train 4; 1 aside"),
        (
            "words beside an array",
            vec![("x.npy", array(3, 100)), ("labels.txt", b"cat\ndog\ncat\n".to_vec())],
            "train 3; labels: cat 2, dog 1",
        ),
        (
            "loose pictures of CelebA",
            vec![
                ("img_align_celeba/000001.jpg", made::face(1)),
                ("img_align_celeba/000002.jpg", made::face(2)),
                ("list_attr_celeba.txt", b"2\nSmiling Male\n000001.jpg 1 -1\n000002.jpg -1 -1\n".to_vec()),
                ("list_eval_partition.txt", b"000001.jpg 0\n000002.jpg 2\n".to_vec()),
            ],
            "train 1, test 1; Smiling: not Smiling 1, Smiling 1; Male: not Male 2, Male 0",
        ),
        (
            "CelebA as mirrors pack it",
            vec![(
                "archive.zip",
                zip(&[
                    ("img_align_celeba/img_align_celeba/000001.jpg", made::face(1)),
                    ("img_align_celeba/img_align_celeba/000002.jpg", made::face(2)),
                    ("list_attr_celeba.csv", b",image_id,Smiling\n0,000001.jpg,1\n1,000002.jpg,-1\n".to_vec()),
                    ("list_eval_partition.csv", b"image_id,partition\n000001.jpg,0\n000002.jpg,2\n".to_vec()),
                ]),
            )],
            "train 1, test 1; Smiling: not Smiling 1, Smiling 1",
        ),
    ]);
}

#[test]
fn folders_and_names_of_all_sorts() {
    let gbk = |name: &str, class: &str| {
        let (there, _, _) = encoding_rs::GBK.encode(class);
        made::replaced(zip(&pictures(&["abcd/1.png", "efgh/2.png"])), name.as_bytes(), &there)
    };
    let chinese = made::replaced(gbk("abcd/", "狗猫/"), b"efgh/", &encoding_rs::GBK.encode("图像/").0);
    let japanese =
        made::replaced(zip(&pictures(&["abcd/1.png", "efgh/2.png"])), b"abcd/", &encoding_rs::SHIFT_JIS.encode("ねこ/").0);
    let japanese = made::replaced(japanese, b"efgh/", &encoding_rs::SHIFT_JIS.encode("いぬ/").0);
    // Local headers and index: method 8 becomes 9, whose stored blocks are the same.
    let stored = deflate64();
    check(vec![
        ("names in GBK", vec![("a.zip", chinese)], "train 2; Folder: 图像 1, 狗猫 1"),
        ("names in Shift-JIS", vec![("a.zip", japanese)], "train 2; Folder: いぬ 1, ねこ 1"),
        (
            "accents of macOS and of others",
            vec![
                ("a.zip", zip(&pictures(&["cafe\u{301}/1.png", "thé/2.png"]))),
                ("b.zip", zip(&pictures(&["café/3.png", "the\u{301}/4.png"]))),
            ],
            "train 4; Folder: café 2, thé 2",
        ),
        (
            "classes above images/",
            vec![(
                "tiny.zip",
                zip(&pictures(&[
                    "t/train/n01/images/a.png",
                    "t/train/n02/images/b.png",
                    "t/val/n01/images/c.png",
                    "t/val/n02/images/d.png",
                ])),
            )],
            "train 2, valid 2; Folder: n01 2, n02 2",
        ),
        (
            "classes of the train part in folders, of the validation part in a table, and boxes",
            vec![("tiny.zip", {
                let images = ["t/train/n01/images/a.png", "t/train/n02/images/b.png", "t/val/images/v0.png", "t/val/images/v1.png"];
                let texts = [
                    ("t/train/n01/n01_boxes.txt", "a.png\t4\t9\n"),
                    ("t/train/n02/n02_boxes.txt", "b.png\t5\t9\n"),
                    ("t/val/val_annotations.txt", "v0.png\tn02\t3\nv1.png\tn01\t4\n"),
                ];
                zip(&pictures(&images).into_iter().chain(texts.map(|(name, text)| (name, text.into()))).collect::<Vec<_>>())
            })],
            "train 2, valid 2; Folder: n01 2, n02 2; boxes_1: 4 1, 5 1, unknown 2; boxes_2: 9 2, unknown 2; val_annotations_2: 3 1, 4 1, unknown 2",
        ),
        (
            "classes of both parts in tables",
            vec![
                ("d/train/1.png", png(1)),
                ("d/train/2.png", png(2)),
                ("d/test/3.png", png(3)),
                ("d/test/4.png", png(4)),
                ("d/train.csv", b"name,label\n1,cat\n2,dog\n".to_vec()),
                ("d/test.csv", b"name,label\n3,dog\n4,cat\n".to_vec()),
            ],
            "train 2, test 2; label: cat 2, dog 2",
        ),
        (
            "numbers as classes",
            vec![("a.zip", zip(&pictures(&["n/2/a.png", "n/10/b.png", "n/1/c.png"])))],
            "train 3; Folder: 1 1, 2 1, 10 1",
        ),
        (
            "parts below classes",
            pictures(&["pets/cats/train/1.png", "pets/cats/test/2.png", "pets/dogs/train/3.png", "pets/dogs/test/4.png"]),
            "train 2, test 2; Folder: cats 2, dogs 2",
        ),
        (
            "archives that are classes",
            vec![("cats.zip", zip(&pictures(&["1.png", "2.png"]))), ("dogs (1).zip", zip(&pictures(&["1.png"])))],
            "train 3; Folder: cats 2, dogs 1",
        ),
        (
            "archives that are parts",
            vec![("train.zip", zip(&pictures(&["1.png", "2.png"]))), ("test1.zip", zip(&pictures(&["3.png"])))],
            "train 2, test 1",
        ),
        (
            "numbered archives of one folder",
            vec![("d-001.zip", zip(&pictures(&["1.png", "2.png"]))), ("d-002.zip", zip(&pictures(&["3.png"])))],
            "train 3",
        ),
        ("all pictures in a folder called test", vec![("a.zip", zip(&pictures(&["test/1.png", "test/2.png"])))], "train 2"),
        ("Deflate64", vec![("big.zip", stored)], "train 2"),
    ]);
}

/// An archive as Windows makes large ones.
pub fn deflate64() -> Vec<u8> {
    use zip::write::SimpleFileOptions;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for i in 0..2 {
        writer
            .start_file(format!("{i}.png"), SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored))
            .unwrap();
        // One stored block, whose form both methods share.
        let bytes = png(i);
        let length = (bytes.len() as u16).to_le_bytes();
        let block = [&[1][..], &length, &length.map(|b| !b), &bytes].concat();
        std::io::Write::write_all(&mut writer, &block).unwrap();
    }
    let mut bytes = writer.finish().unwrap().into_inner();
    let sizes: Vec<(u32, u32)> = (0..2).map(|i| (png(i).len() as u32, crc(&png(i)))).collect();
    for (signature, method, sum) in [(b"PK\x03\x04", 8, 14), (b"PK\x01\x02", 10, 16)] {
        let places: Vec<usize> = (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(signature)).collect();
        for (at, (size, crc)) in places.into_iter().zip(&sizes) {
            bytes[at + method] = 9;
            bytes[at + sum..at + sum + 4].copy_from_slice(&crc.to_le_bytes());
            bytes[at + sum + 8..at + sum + 12].copy_from_slice(&size.to_le_bytes());
        }
    }
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn values_and_formats_of_all_sorts() {
    let one = |name: &'static str, bytes: Vec<u8>| vec![Named::new(name, bytes)];
    let floats = |values: &[f32]| {
        made::npy("<f4", &[values.len(), 8, 8], &made::floats(&values.iter().flat_map(|v| [*v; 64]).collect::<Vec<_>>()))
    };
    let shorts = |values: &[u16]| {
        made::npy(
            "<u2",
            &[values.len(), 8, 8],
            &values.iter().flat_map(|v| [*v; 64]).flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
        )
    };
    for (name, files, expected) in [
        ("digits from 0 to 16", one("digits.npy", floats(&[0.0, 8.0, 16.0])), &[0, 128, 255][..]),
        ("twelve bits in an array", one("x.npy", shorts(&[0, 2048, 4095])), &[0, 128, 255]),
        ("masks of 0 and 1", one("x.npy", made::npy("|u1", &[2, 8, 8], &[[0; 64], [1; 64]].concat())), &[0, 255]),
        ("no numbers among them", one("x.npy", floats(&[f32::NAN, 0.0, 1.0])), &[0, 0, 255]),
        (
            "twelve bits in PNG",
            named(&[("a/1.png", made::deep(0)), ("a/2.png", made::deep(2048)), ("a/3.png", made::deep(4095))]),
            &[0, 128, 255],
        ),
        ("twelve bits in TIFF", named(&[("a/1.tif", tiff(0)), ("a/2.tif", tiff(4095))]), &[0, 255]),
        ("sixteen bits in PNG", named(&[("a/1.png", made::deep(0)), ("a/3.png", made::deep(65535))]), &[0, 255]),
        (
            "signed numbers of no usual range",
            one(
                "ct.npy",
                made::npy(
                    "<i2",
                    &[2, 8, 8],
                    &[[-1000i16; 64], [3000; 64]].concat().iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>(),
                ),
            ),
            &[0, 255],
        ),
    ] {
        assert_eq!(levels(&files), expected, "{name}");
    }
    // Pictures of every kind, one of each.
    let formats = [
        ("p/1.webp", ImageFormat::WebP),
        ("p/2.gif", ImageFormat::Gif),
        ("p/3.bmp", ImageFormat::Bmp),
        ("p/4.tiff", ImageFormat::Tiff),
        ("p/5.png", ImageFormat::Png),
    ];
    let files = formats.map(|(name, format)| Named::new(name, made::plain(format, [200, 100, 0], 8)));
    assert_eq!(levels(&files), [200; 5]);
    // Of an animation the first image is taken, and that is said.
    let frames = [10u8, 200].map(|v| image::Frame::new(image::RgbaImage::from_pixel(8, 8, image::Rgba([v, v, v, 255]))));
    let mut gif = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut gif);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    encoder.encode_frames(frames).unwrap();
    drop(encoder);
    let files = [Named::new("a/1.gif", gif.clone()), Named::new("a/2.gif", gif)];
    assert_eq!(levels(&files), [10, 10]);
    let notes = open(&files, None).unwrap().about().notes.clone();
    assert_eq!(notes, ["Of 2 pictures looked at 2 are animations or stacks: the first image of each is taken."]);
    // One picture as an array is one picture.
    let mut source = open(
        &one(
            "photo.npy",
            made::npy(
                "|u1",
                &[32, 48, 3],
                &[200, 0, 0].repeat(32 * 48).iter().enumerate().map(|(i, v)| v + (i % 50) as u8).collect::<Vec<_>>(),
            ),
        ),
        Some((16, 16)),
    )
    .unwrap();
    assert!(source.about().sheet && source.about().items == 6);
    assert_eq!(first_frame(&mut *source).unwrap().channels, 3);
}

fn tiff(value: u16) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::ImageBuffer::from_pixel(8, 8, image::Luma([value])).write_to(&mut out, ImageFormat::Tiff).unwrap();
    out.into_inner()
}

#[test]
fn untidy_jpegs_are_whole() {
    let whole = made::face(3);
    let without_end = whole[..whole.len() - 2].to_vec();
    let with_more = [&whole[..], b"trailing bytes of a phone"].concat();
    for bytes in [without_end, with_more] {
        let files = [Named::new("p/1.jpg", bytes), Named::new("p/2.jpg", whole.clone())];
        assert_eq!(come_to(&files), "train 2");
    }
}

#[test]
fn what_is_not_read_is_refused_in_a_sentence() {
    let mut locked = zip(&pictures(&["1.png", "2.png"]));
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        for at in 0..locked.len() - 10 {
            if locked[at..].starts_with(signature) {
                locked[at + flags] |= 1;
            }
        }
    }
    let heic = |name: &'static str| (name, b"\0\0\0\x18ftypheic".to_vec());
    check(vec![
        ("HEIC alone", vec![heic("DCIM/1.HEIC"), heic("DCIM/2.HEIC")], "…HEIC pictures are not read: export them as JPEG"),
        (
            "pixels in text",
            vec![("mnist_train.csv", pixels())],
            "…mnist_train.csv: pixels in text are not read: save the table as .npy",
        ),
        (
            "a tar",
            vec![("cifar-10-python.tar.gz", vec![0x1f, 0x8b])],
            "…cifar-10-python.tar.gz: archives of this kind are not read: unpack it",
        ),
        ("a 7z", vec![("img_celeba.7z.001", b"7z\xbc\xaf".to_vec())], "…img_celeba.7z.001: archives of this kind are not read"),
        ("pickles", vec![("data_batch_1.pkl", vec![0x80, 2])], "…pickles can run programs and are not read: save the arrays"),
        ("MATLAB", vec![("train_32x32.mat", b"MATLAB 5.0".to_vec())], "…MATLAB files are not read"),
        ("HDF5", vec![("Galaxy10.h5", b"\x89HDF\r\n".to_vec())], "…HDF5 is not read: save its arrays"),
        (
            "a Git LFS pointer",
            vec![("x.parquet", b"version https://git-lfs.github.com/spec/v1\n".to_vec())],
            "…this is a Git LFS pointer",
        ),
        ("column by column", vec![("x.npy", fortran())], "…stored column by column"),
    ]);
    // Locked pictures cannot be read one by one: nothing is packed, and it is said why.
    let mut source = open(&[Named::new("locked.zip", locked)], None).unwrap();
    let why = first_frame(&mut *source).unwrap_err();
    assert!(why.contains("locked with a password"), "{why}");
}

fn pixels() -> Vec<u8> {
    let row = |v: u32| (0..785).map(|i| ((v + i) % 256).to_string()).collect::<Vec<_>>().join(",");
    format!("label,pixels\n{}\n{}\n", row(1), row(2)).into_bytes()
}

fn fortran() -> Vec<u8> {
    made::replaced(array(4, 0), b"'fortran_order': False", b"'fortran_order': True ")
}

/// What a phone's folder comes to: two archives, a table, a page, pictures that are not read, and what the system puts beside.
#[test]
fn a_mixed_folder_is_told_apart() {
    let mut files: Files = vec![
        ("trip/a-001.zip", zip(&pictures(&["cats/1.png", "dogs/2.png"]))),
        ("trip/a-002.zip", zip(&pictures(&["cats/3.png", "dogs/4.png"]))),
        ("trip/notes.csv", b"day,place\nMonday,Rome\nTuesday,Bari\n".to_vec()),
        ("trip/album.html", b"<!DOCTYPE html><html></html>".to_vec()),
        ("trip/.DS_Store", vec![0, 0, 0, 1]),
    ];
    files.extend((0..20).map(|i| (Box::leak(format!("trip/IMG_{i}.HEIC").into_boxed_str()) as &'static str, vec![0])));
    let source = open(&named(&files), None).unwrap();
    let plan = &source.about().plan;
    let pieces: Vec<String> = plan.pieces.iter().map(|p| p.words()).collect();
    for (i, words) in [
        "trip/a-001.zip: 2 files, pictures (.png) → 2 images",
        "trip/a-002.zip: 2 files, pictures (.png) → 2 images",
        "trip/notes.csv: text → left aside: no column of it has the names of the pictures",
        "trip: 20 files, .heic → left aside: HEIC pictures",
        "trip/.DS_Store: ",
        "trip/album.html: .html → left aside: this is a web page",
    ]
    .iter()
    .enumerate()
    {
        assert!(pieces.iter().any(|p| p.starts_with(words)), "{i}: {pieces:#?}");
    }
    assert_eq!(pieces.len(), 6, "{pieces:#?}");
    assert_eq!(plan.factors[0].values, [("cats".to_owned(), Some(2)), ("dogs".to_owned(), Some(2))]);
}
