//! Files as people have them: half downloaded, from a Mac, from Windows, with labels beside them, in other ranges. Nothing is
//! lost without a word, and nothing gets labels that are not its own.

use std::cell::Cell;
use std::rc::Rc;

use latent_import::celeba::CelebA;
use latent_import::open;
use latent_import::picture::Picture;
use latent_import::read::{Named, PIECES, ReadAt};
use latent_import::source::{About, Item, Source, first_frame};
use latent_packed::Split;
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::Role;

use super::celeba::run;
use super::{made, scratch};

fn opened(files: &[Named]) -> Box<dyn Source> {
    open(files, None).unwrap()
}

fn about(files: &[Named]) -> About {
    opened(files).about().clone()
}

fn refused(files: &[Named]) -> String {
    open(files, None).err().expect("an error")
}

fn zip(name: &str, files: &[(&str, Vec<u8>)]) -> Named {
    Named::new(name, made::zip(files.iter().map(|(n, b)| ((*n).to_owned(), b.clone())), false))
}

fn items(source: &mut dyn Source) -> Vec<Item> {
    (0..source.about().items).map(|i| source.item(i).unwrap()).collect()
}

/// All values of the first image.
fn first(source: &mut dyn Source) -> Vec<u8> {
    source.item(0).unwrap().raw.picture().unwrap().values_hwc
}

/// A PNG picture of 8 × 8 pixels of one colour.
fn plain(rgb: [u8; 3]) -> Vec<u8> {
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 8, 8);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&rgb.repeat(64)).unwrap();
    png
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn longs(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

#[test]
fn what_macs_put_beside_pictures_is_none() {
    let twin = b"\0\x05\x16\x07\0\x02\0\0Mac OS X".to_vec();
    let names = ["p/a.jpg", "p/._a.jpg", "p/b.jpg", "p/._b.jpg", "__MACOSX/p/._a.jpg", "p/__MACOSX/c.jpg", "p/.DS_Store"];
    let file = |name: &&str| if matches!(*name, "p/a.jpg" | "p/b.jpg") { made::face(1) } else { twin.clone() };
    let loose: Vec<Named> = names.iter().map(|n| Named::new(*n, file(n))).collect();
    let packed: Vec<(&str, Vec<u8>)> = names.iter().map(|n| (*n, file(n))).collect();
    for mut source in [opened(&loose), opened(&[zip("p.zip", &packed)])] {
        assert_eq!((source.about().items, source.about().notes.len()), (2, 0), "{:?}", source.about());
        assert!(items(&mut *source).into_iter().all(|item| item.raw.picture().is_ok()));
    }
}

#[test]
fn backslashes_divide_folders() {
    let Named { file, .. } = zip("pets.zip", &[("pets/cats/a.jpg", made::face(1)), ("pets/dogs/b.jpg", made::face(2))]);
    let mut bytes = vec![0; file.size() as usize];
    file.read_exact_at(0, &mut bytes).unwrap();
    // As .NET before 4.6.1 wrote them; no sum covers the names.
    for at in 0..bytes.len() - 5 {
        if bytes[at..].starts_with(b"pets/") {
            (bytes[at + 4], bytes[at + 9]) = (b'\\', b'\\');
        }
    }
    let about = about(&[Named::new("pets.zip", bytes)]);
    assert_eq!((about.items, &about.factors[0].values[..]), (2, &["cats".to_owned(), "dogs".to_owned()][..]));
}

#[test]
fn what_came_in_place_of_a_file_is_told() {
    let page = b"<!DOCTYPE html><html><head><title>Quota exceeded</title></head></html>".to_vec();
    for name in ["img_align_celeba.zip", "x.npz", "x.npy", "x.parquet", "images-idx3-ubyte"] {
        let error = refused(&[Named::new(name, page.clone())]);
        assert!(error.contains(&format!("{name}: this is a web page")) && error.contains("try it again"), "{error}");
    }
    let error = refused(&[Named::new("x.npy", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n".to_vec())]);
    assert!(error.contains("x.npy: this is a Git LFS pointer"), "{error}");
    // The texts beside a whole archive, too.
    let images = zip("img_align_celeba.zip", &[("img_align_celeba/000001.jpg", made::face(1))]);
    let text = Named::new("list_attr_celeba.txt", [b"\xef\xbb\xbf\r\n", &page[..]].concat());
    let error = CelebA::open(&images, Some(&text), None).err().expect("an error");
    assert!(error.starts_with("list_attr_celeba.txt: this is a web page"), "{error}");
    assert!(refused(&[Named::new("photo.jpg", page)]).contains("but a web page"));
}

#[test]
fn files_that_are_not_read_are_named() {
    let mut files: Vec<(String, Vec<u8>)> = (0..3).map(|i| (format!("{i}.jpg"), made::face(i))).collect();
    files.extend((0..20).map(|i| (format!("{i}.HEIC"), vec![0])));
    files.extend((0..5).map(|i| (format!("{i}.avif"), vec![0])));
    let loose: Vec<Named> = files.iter().map(|(n, b)| Named::new(format!("DCIM/{n}"), b.clone())).collect();
    for about in [about(&loose), about(&[Named::new("DCIM.zip", made::zip(files.into_iter(), false))])] {
        assert!(about.items == 3 && about.notes.len() == 1, "{about:?}");
        let words = "25 files of other kinds (20 .heic, 5 .avif) are left aside: AVIF pictures are not read: export them";
        assert!(about.notes[0].starts_with(words) && about.notes[0].contains("HEIC pictures are not read"), "{about:?}");
        let aside: Vec<(u64, &str)> =
            about.plan.pieces.iter().filter(|p| p.role == Role::Aside).map(|p| (p.files, p.kind.as_str())).collect();
        assert_eq!(aside, [(5, ".avif"), (20, ".heic")]);
    }
    // Arrays that cannot be read stand in the plan like others, and one sentence says all of it.
    let (header, words) = (made::npy("|u1", &[3, 8, 8], &[0; 192]), "arr/a.heic, arr/bad.npy and arr/y.npy are left aside: ");
    let files =
        [("x.npy", header), ("y.npy", made::npy("|u1", &[5], &[0; 5])), ("bad.npy", b"\x93NUMPYx".to_vec()), ("a.heic", vec![0])];
    let about = about(&files.map(|(name, bytes)| Named::new(format!("arr/{name}"), bytes)));
    let said: Vec<&String> = about.notes.iter().filter(|n| n.contains("left aside")).collect();
    assert!(said.len() == 1 && said[0].starts_with(words) && said[0].contains("; no labels of x [3, 8, 8]: y [5]."), "{said:?}");
    assert!(about.plan.pieces.iter().any(|p| p.name == "arr/bad.npy" && p.role == Role::Aside && !p.why.is_empty()));
    // An archive without images says what it has instead.
    let error = refused(&[zip("mnist.zip", &[("train-images-idx3-ubyte", vec![0]), ("train-labels-idx1-ubyte", vec![0])])]);
    assert!(error.contains("train-images-idx3-ubyte") && error.contains("nothing known"), "{error}");
}

#[test]
fn colour_among_the_first_pictures_is_kept() {
    let mut files: Vec<(String, Vec<u8>)> = (1..12).map(|i| (format!("{i:02}.png"), plain([200, 10 * i, 0]))).collect();
    files.push(("00.png".into(), plain([9, 9, 9])));
    let mut source = opened(&[Named::new("mixed.zip", made::zip(files.into_iter(), false))]);
    assert_eq!(first_frame(&mut *source).unwrap().channels, 3);
    let grey = (0..12).map(|i| (format!("{i:02}.png"), plain([20 * i; 3])));
    let mut source = opened(&[Named::new("grey.zip", made::zip(grey, false))]);
    assert_eq!(first_frame(&mut *source).unwrap().channels, 1);
}

#[test]
fn strays_between_a_jpegs_headers_are_skipped() {
    let whole = made::face(5);
    let behind = |at: usize| at + 2 + usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]]));
    // After the first and after the second segment.
    let (one, two) = (behind(2), behind(behind(2)));
    let strays = [&whole[..one], &[1, 2, 3], &whole[one..two], &[0, 7, 0xff, 0, 9, 9], &whole[two..]].concat();
    assert_eq!(Picture::decode(&strays).unwrap(), Picture::decode(&whole).unwrap());
    // Rows that are missing still are.
    for n in (0..strays.len() - 24).step_by(strays.len() / 40) {
        assert!(Picture::decode(&strays[..n]).is_err(), "{n} bytes");
    }
}

#[test]
fn the_range_of_an_arrays_values_is_found() {
    let image = |values: &[f32]| {
        let all: Vec<f32> = values.iter().copied().chain(std::iter::repeat(values[0])).take(64).collect();
        let mut source = opened(&[Named::new("x.npy", made::npy("<f4", &[1, 8, 8], &floats(&all)))]);
        (first(&mut *source)[..values.len()].to_vec(), source.about().notes.len())
    };
    // Interpolation overshoots at both ends.
    assert_eq!(image(&[-1e-7, 0.5, 1.0]), (vec![0, 128, 255], 0));
    assert_eq!(image(&[-0.04, 0.0, 0.5, 1.03]), (vec![0, 0, 128, 255], 0));
    assert_eq!(image(&[-3.0, 0.0, 128.0, 261.0]), (vec![0, 0, 128, 255], 0));
    // Centred values.
    assert_eq!(image(&[-1.0, 0.0, 1.0]), (vec![0, 128, 255], 0));
    assert_eq!(image(&[-0.5, 0.0, 0.5]), (vec![0, 128, 255], 0));
    // Standardised ones keep their contrast, and it is said.
    assert_eq!(image(&[-2.0, 0.0, 3.0]), (vec![0, 102, 255], 1));
    assert_eq!(image(&[-0.4242, 2.8215]), (vec![0, 255], 1));
    let (values, notes) = image(&[7.0, 7.0]);
    assert_eq!((values.len(), notes), (2, 1), "an image of one value is no fault");
    // Signed bytes.
    let bytes: Vec<u8> = [-128i8, 0, 127].iter().cycle().take(64).map(|v| v.cast_unsigned()).collect();
    assert_eq!(first(&mut *opened(&[Named::new("i.npy", made::npy("|i1", &[1, 8, 8], &bytes))]))[..3], [0, 128, 255]);
}

#[test]
fn half_precision_is_read() {
    let halves: Vec<u8> = [0x0000u16, 0x3800, 0x3c00].iter().cycle().take(64).flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(first(&mut *opened(&[Named::new("h.npy", made::npy("<f2", &[1, 8, 8], &halves))]))[..3], [0, 128, 255]);
    let error = refused(&[Named::new("l.npy", made::npy("<f16", &[1, 8, 8], &[0; 1024]))]);
    assert!(error.contains("floats of 2, 4 or 8"), "{error}");
}

/// Six images, which `labels` classes each follow.
fn arrays(labels: &str, descr: &str, shape: &[usize], bytes: &[u8]) -> Named {
    let images: Vec<u8> = (0..6u8).flat_map(|i| vec![40 * i; 64]).collect();
    zip("set.npz", &[("x.npy", made::npy("|u1", &[6, 8, 8], &images)), (labels, made::npy(descr, shape, bytes))])
}

/// The classes of the six images: 0 1 2 0 1 2.
fn classes(file: Named) -> Vec<String> {
    let mut source = opened(&[file]);
    let about = source.about().clone();
    assert_eq!((about.factors.len(), about.notes.len()), (1, 0), "{about:?}");
    let k: Vec<u8> = items(&mut *source).iter().map(|i| i.factors_k[0]).collect();
    assert_eq!(k, [0, 1, 2, 0, 1, 2]);
    about.factors[0].values.clone()
}

#[test]
fn labels_of_any_kind_become_one_factor() {
    assert_eq!(classes(arrays("y.npy", "<f4", &[6], &floats(&[3.0, 5.0, 9.0, 3.0, 5.0, 9.0]))), ["3", "5", "9"]);
    let hot = [1, 0, 0, 0, 1, 0, 0, 0, 1].repeat(2);
    assert_eq!(classes(arrays("y.npy", "|u1", &[6, 3], &hot)), ["0", "1", "2"]);
    let hot: Vec<f32> = hot.iter().map(|v| f32::from(*v)).collect();
    assert_eq!(classes(arrays("y.npy", "<f4", &[6, 3], &floats(&hot))), ["0", "1", "2"]);
    assert_eq!(classes(arrays("y.npy", "|S4", &[6], &b"cat\0dog\0wolf".repeat(2))), ["cat", "dog", "wolf"]);
    let padded = |word: &str| word.chars().map(u32::from).chain([0; 5]).take(5).collect::<Vec<u32>>();
    let text: Vec<u8> =
        ["âne", "chat", "poule"].repeat(2).iter().rev().flat_map(|w| padded(w)).flat_map(u32::to_be_bytes).collect();
    let mut source = opened(&[arrays("y.npy", ">U5", &[6], &text)]);
    assert_eq!(source.about().factors[0].values, ["chat", "poule", "âne"]);
    assert_eq!(items(&mut *source).iter().map(|i| i.factors_k[0]).collect::<Vec<_>>(), [1, 0, 2, 1, 0, 2]);
}

#[test]
fn arrays_that_are_no_labels_are_named() {
    for (file, words) in [
        (arrays("y.npy", "<i8", &[5], &longs(&[1, 2, 3, 4, 5])), "y.npy is left aside: no labels of x [6, 8, 8]: y [5]"),
        (arrays("y.npy", "<f4", &[6], &floats(&[0.5; 6])), "no whole numbers"),
        (arrays("y.npy", "|O", &[6], &[0; 48]), "y.npy is left aside: holds Python objects"),
        (arrays("y.npy", "|u1", &[6, 300], &[0; 1800]), "300 labels an image"),
    ] {
        let about = about(&[file]);
        assert!(about.factors.is_empty() && about.notes.len() == 1 && about.notes[0].contains(words), "{:?}", about.notes);
    }
}

#[test]
fn labels_go_with_the_images_of_their_part() {
    let images = |from: u8| made::npy("|u1", &[4, 8, 8], &(0..4).flat_map(|i| vec![from + i; 64]).collect::<Vec<u8>>());
    let labels = |v: [i64; 4]| made::npy("<i8", &[4], &longs(&v));
    let (train, test) = ([0, 1, 2, 3], [0, 1, 0, 1]);
    let files =
        [("x_test.npy", images(100)), ("y_test.npy", labels(test)), ("x_train.npy", images(0)), ("y_train.npy", labels(train))];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
        let files = order.map(|i| files[i].clone());
        let loose = files.clone().map(|(name, bytes)| Named::new(name, bytes));
        for mut source in [opened(&[zip("equal.npz", &files)]), opened(&loose)] {
            let about = source.about().clone();
            assert_eq!(about.factors.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["y"]);
            assert!(about.notes.is_empty(), "{about:?}");
            check_parts(&mut *source, &[(Split::Train, 0, &[0, 1, 2, 3]), (Split::Test, 100, &[0, 1, 0, 1])]);
        }
    }
    // Beside each other, in either order, with nothing left to say.
    let (x, y) = (Named::new("X.npy", images(100)), Named::new("y.npy", labels(train)));
    for files in [[x.clone(), y.clone()], [y, x]] {
        let about = about(&files);
        assert_eq!((about.items, about.factors.len(), about.notes.len()), (4, 1, 0), "{about:?}");
        assert_eq!(about.title, "X");
    }
}

fn idx(dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut out = (0x0800 + dims.len() as u32).to_be_bytes().to_vec();
    out.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
    out.extend(values);
    out
}

#[test]
fn idx_labels_go_with_the_images_of_their_part() {
    let file = |part: &str, kind: &str, bytes| Named::new(format!("emnist-letters-{part}-{kind}-ubyte"), bytes);
    let images = |n: u32, from: u8| idx(&[n, 8, 8], &(0..n as u8).flat_map(|i| vec![from + i; 64]).collect::<Vec<u8>>());
    for test in [4, 3] {
        let files = [
            file("test", "images-idx3", images(test, 100)),
            file("test", "labels-idx1", idx(&[test], &[1, 0, 1, 0][..test as usize])),
            file("train", "images-idx3", images(4, 0)),
            file("train", "labels-idx1", idx(&[4], &[0, 1, 2, 3])),
        ];
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 1, 0, 3]] {
            let mut source = opened(&order.map(|i| files[i].clone()));
            let about = source.about().clone();
            assert_eq!((about.items, about.factors[0].values.len()), (4 + u64::from(test), 4), "{about:?}");
            assert!(about.notes.is_empty(), "{about:?}");
            let labels = [1, 0, 1, 0];
            check_parts(&mut *source, &[(Split::Train, 0, &[0, 1, 2, 3]), (Split::Test, 100, &labels[..test as usize])]);
        }
    }
    // Two kinds of labels are two factors; those of other images are none.
    let files = [
        Named::new("images", images(4, 100)),
        Named::new("coarse", idx(&[4], &[0, 0, 1, 1])),
        Named::new("fine", idx(&[4], &[0, 1, 2, 3])),
        Named::new("other", idx(&[5], &[0, 1, 2, 3, 4])),
    ];
    let about = about(&files);
    assert_eq!(about.factors.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["coarse", "fine"]);
    assert!(about.notes.len() == 1 && about.notes[0].contains("no labels of images [4, 8, 8]: other [5]"), "{about:?}");
}

/// Each part's images, whose values count from `first`, have these labels.
fn check_parts(source: &mut dyn Source, parts: &[(Split, u8, &[u8])]) {
    let all = items(source);
    assert_eq!(all.len(), parts.iter().map(|(.., labels)| labels.len()).sum::<usize>());
    for item in all {
        let value = item.raw.picture().unwrap().values_hwc[0];
        let (_, first, labels) = parts.iter().find(|(split, ..)| *split == item.split).expect("a part that is expected");
        assert_eq!(item.factors_k, [labels[usize::from(value - first)]], "{}", item.name);
    }
}

#[test]
fn folders_that_are_called_train_and_val_are_those() {
    let names = ["train/ants/1.png", "train/bees/2.png", "train/bees/3.png", "val/ants/4.png", "val/bees/5.png"];
    let files: Vec<(&str, Vec<u8>)> = names.iter().map(|n| (*n, plain([1, 2, 3]))).collect();
    for item in items(&mut *opened(&[zip("insects.zip", &files)])) {
        let expected = if item.name.starts_with("val") { Split::Valid } else { Split::Train };
        assert_eq!(item.split, expected, "{}", item.name);
    }
}

#[test]
fn other_content_of_the_same_name_and_size_is_another_set() {
    let images = |v: u8| (0..40).flat_map(|i| vec![v ^ i; 64]).collect::<Vec<u8>>();
    let labels = Named::new("train-labels-idx1-ubyte", idx(&[40], &[0, 1].repeat(20)));
    for (name, files) in [
        ("npy", [0, 128].map(|v| vec![Named::new("data.npy", made::npy("|u1", &[40, 8, 8], &images(v)))])),
        ("idx", [0, 128].map(|v| vec![Named::new("train-images-idx3-ubyte", idx(&[40, 8, 8], &images(v)))])),
        ("zip", [0, 9].map(|v| vec![zip("a.zip", &[("1.png", plain([v, 200, 0])), ("2.png", plain([v, 0, 200]))])])),
        // Without and with labels.
        (
            "labels",
            [vec![], vec![labels]]
                .map(|more| [vec![Named::new("train-images-idx3-ubyte", idx(&[40, 8, 8], &images(0)))], more].concat()),
        ),
    ] {
        let out = scratch(&format!("same-{name}"));
        run(&files[0], &out, |_| {}).unwrap();
        run(&files[0], &out, |_| {}).unwrap_or_else(|e| panic!("{name}: the same again: {e}"));
        let error = run(&files[1], &out, |_| {}).err().unwrap_or_else(|| panic!("{name} is taken for the set that is there"));
        assert!(error.contains("another set of images"), "{name}: {error}");
    }
    // Of large files some parts are compared, the end for one.
    let large = |at: usize| {
        let mut bytes = vec![0u8; 8 << 20];
        bytes[at] = 1;
        Named::new("large", bytes).mark(PIECES).unwrap()
    };
    assert!(large((8 << 20) - 1) != large(1));
}

/// What a sum over some of the content does not see: one image, one label, one file among many.
#[test]
fn one_image_or_label_that_differs_makes_another_set() {
    let images = |changed: usize| {
        let mut bytes: Vec<u8> = (0..64 << 10).flat_map(|i: usize| [(i % 251) as u8; 64]).collect();
        bytes[changed] ^= 1;
        Named::new("data.npy", made::npy("|u1", &[64 << 10, 8, 8], &bytes))
    };
    let labels = |changed: usize| {
        let mut values: Vec<u8> = (0..64u32 << 10).map(|i| (i % 2) as u8).collect();
        values[changed] ^= 1;
        Named::new("labels.npy", made::npy("|u1", &[64 << 10], &values))
    };
    let folder = |middle: [u8; 3]| {
        let files = [[1, 2, 3], middle, [7, 8, 9]];
        files.iter().zip(["a/1.png", "a/2.png", "a/3.png"]).map(|(rgb, name)| Named::new(name, plain(*rgb))).collect::<Vec<_>>()
    };
    let sheet = |changed: usize| {
        let (mut png, mut grey) = (Vec::new(), [10, 10, 200, 200].repeat(64));
        grey[changed] = 99;
        let mut encoder = png::Encoder::new(&mut png, 16, 16);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&grey).unwrap();
        // What stands behind a picture is nobody's.
        png.resize(400, 0);
        vec![Named::new("sheet.png", png)]
    };
    for (name, files) in [
        ("image", [999, 1_400_000].map(|at| vec![images(at)])),
        ("label", [7, 40_000].map(|at| vec![images(0), labels(at)])),
        ("file", [[4, 5, 6], [6, 5, 4]].map(folder)),
        ("sheet", [3, 205].map(sheet)),
    ] {
        let sizes = files.each_ref().map(|files| files.iter().map(|f| f.file.size()).collect::<Vec<_>>());
        assert_eq!(sizes[0], sizes[1], "{name}");
        let out = scratch(&format!("one-{name}"));
        let first = run(&files[0], &out, |_| {}).unwrap();
        let again = run(&files[0], &out, |_| {}).unwrap_or_else(|e| panic!("{name}: the same again: {e}"));
        assert_eq!((first.0.packed, first.0.skipped), (again.0.packed, again.0.skipped), "{name}");
        let error = run(&files[1], &out, |_| {}).err().unwrap_or_else(|| panic!("{name} is taken for the set that is there"));
        assert!(error.contains("another set of images"), "{name}: {error}");
        // A set of an earlier version has no sums: it is what it says.
        std::fs::remove_file(out.join("sums.txt")).unwrap();
        assert!(run(&files[0], &out, |_| {}).is_ok(), "{name}");
    }
}

/// A file that counts the bytes that are read of it.
struct Counted(Vec<u8>, Rc<Cell<u64>>);

impl ReadAt for Counted {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> std::io::Result<()> {
        self.1.set(self.1.get() + out_p.len() as u64);
        self.0.read_exact_at(offset, out_p)
    }
}

#[test]
fn an_archive_is_known_again_by_its_index() {
    let names: Vec<String> = (0..40).map(|i| format!("{}/{i}.png", ["cats", "dogs"][i % 2])).collect();
    let archive = |middle: [u8; 3]| {
        let picture = |i: usize| plain(if i == 20 { middle } else { [i as u8, 7, 9] });
        made::stored(names.iter().enumerate().map(|(i, name)| (name.clone(), picture(i))))
    };
    let file = |bytes: Vec<u8>| Named::new("pets.zip", bytes);
    let (whole, other) = (archive([1, 2, 3]), archive([3, 2, 1]));
    assert_eq!(whole.len(), other.len());
    let out = scratch("by-index");
    run(&[file(whole.clone())], &out, |_| {}).unwrap();
    // Nothing is read for it but what is looked at before.
    let read = Rc::new(Cell::new(0));
    let counted = [Named::new("pets.zip", Counted(whole.clone(), read.clone()))];
    let before = {
        first_frame(&mut *open(&counted, None).unwrap()).unwrap();
        read.replace(0)
    };
    run(&counted, &out, |_| {}).unwrap();
    assert_eq!(read.get(), before);
    let error = run(&[file(other)], &out, |_| {}).unwrap_err();
    assert!(error.contains("another set of images"), "{error}");

    // One picture is damaged where its index is not: the same archive again is the same, the sound one is another.
    let mut damaged = whole.clone();
    let middle = (0..damaged.len()).filter(|at| damaged[*at..].starts_with(b"IDAT")).nth(20).unwrap();
    damaged[middle + 6] ^= 1;
    let out = scratch("by-index-damaged");
    for _ in 0..2 {
        let end = run(&[file(damaged.clone())], &out, |_| {}).unwrap();
        assert_eq!((end.0.packed, end.0.skipped), (39, 1));
    }
    let error = run(&[file(whole)], &out, |_| {}).unwrap_err();
    assert!(error.contains("another set of images"), "{error}");
}

#[test]
fn other_releases_of_celeba_are_read() {
    let attributes = |ending: &str, name: fn(u32) -> String| {
        let rows: String = (1..=12).map(|i| format!("{}{ending} {}\n", name(i), if i % 3 == 0 { 1 } else { -1 })).collect();
        format!("12\nSmiling\n{rows}")
    };
    let text = |name: &str, text: String| Named::new(name, text.into_bytes());
    // The archive of PNG pictures: its texts name JPEG ones.
    let six = |i: u32| format!("{i:06}");
    let files: Vec<_> = (1..=12).map(|i| (format!("img_align_celeba_png/{}.png", six(i)), plain([i as u8; 3]))).collect();
    let partition: String = (1..=12).map(|i| format!("{}.jpg {}\n", six(i), i % 3)).collect();
    let mut source = opened(&[
        Named::new("img_align_celeba_png.zip", made::zip(files.into_iter(), false)),
        text("list_attr_celeba.txt", attributes(".jpg", six)),
        text("list_eval_partition.txt", partition),
    ]);
    assert_eq!((source.about().items, source.about().crop), (12, Crop::Square(148)));
    for item in items(&mut *source) {
        let i = u32::from(item.raw.picture().unwrap().values_hwc[0]);
        assert_eq!((item.split as u32, u32::from(item.factors_k[0])), (i % 3, u32::from(i % 3 == 0)), "image {i}");
    }
    // CelebA-HQ: other numbers, no partition, masks beside the pictures.
    let mut files: Vec<_> = (1..=12).map(|i| (format!("CelebAMask-HQ/CelebA-HQ-img/{i}.jpg"), made::face(i))).collect();
    files.push(("CelebAMask-HQ/CelebAMask-HQ-mask-anno/0/00001_hair.png".into(), plain([255; 3])));
    let zip = Named::new("CelebAMask-HQ.zip", made::zip(files.into_iter(), false));
    let attributes = text("CelebAMask-HQ-attribute-anno.txt", attributes(".jpg", |i| i.to_string()));
    let mut source = opened(&[zip, attributes]);
    assert_eq!((source.about().items, source.about().crop), (12, Crop::Middle));
    let all = items(&mut *source);
    assert_eq!(all.iter().filter(|i| i.split == Split::Test).count(), 1);
    let smiling: Vec<&str> = all.iter().filter(|i| i.factors_k[0] == 1).filter_map(|i| i.name.rsplit('/').next()).collect();
    assert_eq!(smiling.len(), 4, "{smiling:?}");
    assert!(["3.jpg", "6.jpg", "9.jpg", "12.jpg"].iter().all(|name| smiling.contains(name)), "{smiling:?}");
}

#[test]
fn sides_that_cannot_be_trained_on_are_refused_before_anything_is_packed() {
    let out = scratch("odd");
    let files = [zip("a.zip", &[("1.png", plain([1, 2, 3])), ("2.png", plain([4, 5, 6]))])];
    let error = run(&files, &out, |c| (c.frame.width, c.frame.height) = (33, 33)).unwrap_err();
    assert!(error.contains("33 × 33") && error.contains("even"), "{error}");
    assert!(std::fs::read_dir(&out).unwrap().next().is_none());
}
