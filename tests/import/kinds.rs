//! Everything else that is understood: folders, sheets, arrays, tables.

use latent_import::open;
use latent_import::read::{Named, OnDisk};
use latent_import::source::{Item, Source};
use latent_packed::Split;

use super::{golden, made};

fn opened(files: &[Named]) -> Box<dyn Source> {
    open(files, None).unwrap()
}

fn refused(files: &[Named]) -> String {
    open(files, None).err().expect("an error")
}

fn items(source: &mut dyn Source) -> Vec<Item> {
    (0..source.about().items).map(|i| source.item(i).unwrap()).collect()
}

/// Pictures of one colour as the reader gives them: the first value of each.
fn first_values(source: &mut dyn Source) -> Vec<u8> {
    items(source).into_iter().map(|item| item.raw.picture().unwrap().values_hwc[0]).collect()
}

#[test]
fn folders_are_classes() {
    let names = ["pets/cats/a.jpg", "pets/cats/b.jpg", "pets/dogs/a.jpg", "pets/.DS_Store", "pets/notes.txt"];
    let file = |name: &&str| if name.ends_with(".jpg") { made::face(1) } else { b"words".to_vec() };
    let loose: Vec<Named> = names.iter().map(|n| Named::new(*n, file(n))).collect();
    let zip = Named::new("pets.zip", made::zip(names.iter().map(|n| ((*n).to_owned(), file(n))), false));
    for mut source in [opened(&loose), opened(&[zip])] {
        let about = source.about().clone();
        assert_eq!((about.items, about.title.as_str()), (3, "pets"));
        assert_eq!(about.factors[0].values, ["cats", "dogs"]);
        for item in items(&mut *source) {
            assert_eq!(item.factors_k, [u8::from(item.name.contains("dogs"))], "{}", item.name);
            assert!(item.raw.picture().is_ok());
        }
    }
    // Splits that the folders themselves tell.
    let names = ["train/x/1.jpg", "train/y/2.jpg", "test/x/3.jpg"];
    let files: Vec<Named> = names.iter().map(|n| Named::new(*n, made::face(1))).collect();
    for item in items(&mut *opened(&files)) {
        assert_eq!(item.split == Split::Test, item.name.starts_with("test"), "{}", item.name);
    }
}

#[test]
fn a_sheet_is_cut_into_tiles() {
    // Four tiles of 16 × 16 in a row, the last of one colour.
    let mut sheet = Vec::new();
    for _y in 0..16 {
        for x in 0..64u32 {
            sheet.push(if x < 48 { (x / 16 * 50 + x % 16) as u8 } else { 7 });
        }
    }
    let mut png = Vec::new();
    {
        let mut encoder = png::Encoder::new(&mut png, 64, 16);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&sheet).unwrap();
    }
    let file = Named::new("sheet.png", png);
    let mut source = opened(std::slice::from_ref(&file));
    assert!(source.about().sheet && source.about().notes[0].contains("1 tiles of one colour"));
    assert_eq!(first_values(&mut *source), [0, 50, 100]);
    assert_eq!(open(std::slice::from_ref(&file), Some((8, 8))).unwrap().about().items, 12);
    assert!(
        open(&[file], Some((100, 100))).err().is_some_and(|e| e.contains("sheet.png: tiles of 100 × 100 do not fit on 64 × 16"))
    );
}

#[test]
fn arrays_of_any_kind_are_the_same_images() {
    let grey: Vec<u8> = (0..5u8).flat_map(|i| vec![40 * i; 8 * 8]).collect();
    let unit: Vec<u8> = grey.iter().flat_map(|v| (f32::from(*v) / 255.0).to_le_bytes()).collect();
    let signed: Vec<u8> = grey.iter().flat_map(|v| (f64::from(*v) / 127.5 - 1.0).to_be_bytes()).collect();
    let planar: Vec<u8> = (0..5u8).flat_map(|i| [vec![40 * i; 64], vec![1; 64], vec![2; 64]].concat()).collect();
    for (name, bytes) in [
        ("grey.npy", made::npy("|u1", &[5, 8, 8], &grey)),
        ("unit.npy", made::npy("<f4", &[5, 8, 8], &unit)),
        ("signed.npy", made::npy(">f8", &[5, 8, 8, 1], &signed)),
        ("planar.npy", made::npy("|u1", &[5, 3, 8, 8], &planar)),
        ("flat.npy", made::npy("|u1", &[5, 64], &grey)),
    ] {
        let mut source = opened(&[Named::new(name, bytes)]);
        assert_eq!(first_values(&mut *source), [0, 40, 80, 120, 160], "{name}");
        // Backwards, too: the preview looks at the first ones again.
        assert!(source.item(3).is_ok() && source.item(1).is_ok());
    }
    let short = Named::new("short.npy", made::npy("|u1", &[5, 8, 8], &grey[..100]));
    assert!(refused(&[short]).starts_with("short.npy ends before its images do: 5 images take 320 bytes, and there are 100"));
    let flat = Named::new("flat.npy", made::npy("|u1", &[5], &[0; 5]));
    assert!(refused(&[flat]).contains("flat.npy: an array of shape [5] holds no images"));
}

#[test]
fn an_archive_of_arrays_brings_its_labels() {
    let images: Vec<u8> = (0..6u8).flat_map(|i| vec![30 * i; 16]).collect();
    let labels: Vec<u8> = [3i64, 7, 3, 7, 9, 3].iter().flat_map(|v| v.to_le_bytes()).collect();
    let arrays = [
        ("y.npy".to_owned(), made::npy("<i8", &[6], &labels)),
        ("x.npy".to_owned(), made::npy("|u1", &[6, 4, 4], &images)),
        ("weights.npy".to_owned(), made::npy("<f4", &[6], &[0; 24])),
    ];
    let mut source = opened(&[Named::new("set.npz", made::zip(arrays.into_iter(), false))]);
    assert_eq!(source.about().factors.len(), 1);
    assert_eq!(source.about().factors[0].values, ["3", "7", "9"]);
    assert_eq!(items(&mut *source).iter().map(|i| i.factors_k[0]).collect::<Vec<_>>(), [0, 1, 0, 1, 2, 0]);
    assert_eq!(first_values(&mut *source), [0, 30, 60, 90, 120, 150]);
    let empty = Named::new("none.npz", made::zip([("a.npy".to_owned(), made::npy("<f4", &[2], &[0; 8]))].into_iter(), false));
    assert!(refused(&[empty]).contains("none.npz: none of its arrays (a.npy) holds images"));
}

#[test]
fn the_real_mnist_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist");
    let file = |name: &str| OnDisk::open(&folder.join(name)).unwrap();
    let mut source = opened(&[file("t10k-labels-idx1-ubyte.gz"), file("t10k-images-idx3-ubyte.gz")]);
    assert_eq!(source.about().items, 10_000);
    let labels: Vec<u8> = (0..5).map(|i| source.item(i).unwrap().factors_k[0]).collect();
    assert_eq!(labels, [7, 2, 1, 0, 4]);
    assert!(refused(&[file("t10k-labels-idx1-ubyte.gz")]).contains("choose the file with the images as well"));
}

#[test]
fn a_table_is_read_row_by_row() {
    let mut source = opened(&[OnDisk::open(&golden().join("mirror.parquet")).unwrap()]);
    let about = source.about().clone();
    assert_eq!(about.items, 60);
    // Names and numbers with too many values are no factors.
    let names: Vec<&str> = about.factors.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["Eyeglasses", "Male", "Smiling", "age"]);
    for (i, item) in items(&mut *source).iter().enumerate() {
        let expected = [i % 5 == 0, i % 2 == 0, i % 3 == 0].map(u8::from);
        assert_eq!((&item.factors_k[..3], item.factors_k[3]), (&expected[..], (i % 4) as u8), "row {i}");
        assert!(item.name.ends_with(&format!("{:06}.jpg", i + 1)), "{}", item.name);
        assert_eq!(item.raw.clone().picture().unwrap().width, 45 + i % 3);
    }
    // Into the middle of a row group, as after an interruption, and back.
    for i in [40u64, 3, 59] {
        assert!(source.item(i).unwrap().name.ends_with(&format!("{:06}.jpg", i + 1)));
    }
    let error = refused(&[OnDisk::open(&golden().join("other.parquet")).unwrap()]);
    assert!(error.contains("other.parquet: the table has no column `image`") && error.contains("text, label"), "{error}");
}

#[test]
fn what_is_not_known_is_said() {
    for (name, bytes, words) in [
        ("essay.docx", b"PK".to_vec(), "essay.docx: nothing known"),
        ("empty.zip", made::zip(std::iter::empty(), false), "empty.zip: there is no file in it"),
        ("photo.jpg", b"words".to_vec(), "photo.jpg is no picture that is read"),
        ("list_attr_celeba.txt", b"1\nA\n".to_vec(), "img_align_celeba.zip is missing"),
        ("t.parquet", b"PAR1PAR1".to_vec(), "t.parquet: this is no readable Parquet file"),
    ] {
        let error = refused(&[Named::new(name, bytes)]);
        assert!(error.contains(words), "{error}");
    }
    assert!(refused(&[]).starts_with("There is no file in it"));
}
