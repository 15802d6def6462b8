//! CelebA-shaped archives, from the three files to the packed folder.

use std::cell::RefCell;
use std::path::Path;

use latent_import::celeba::CelebA;
use latent_import::native::{Folder, pack};
use latent_import::open;
use latent_import::read::{Named, OnDisk};
use latent_import::source::{Source, first_frame};
use latent_packed::{META, Meta, Shard, Split, shard_name};
use latent_vocabulary::import::{Choice, Progress};

use super::{made, scratch};

/// An image with its split and factors.
type Packed = (Split, Vec<u8>, Vec<u8>);

/// Everything in a packed folder, in order.
pub fn read(folder: &Path) -> (Meta, Vec<Packed>) {
    let meta = Meta::from_json(&std::fs::read(folder.join(META)).unwrap()).unwrap();
    let mut all = Vec::new();
    for index in 0.. {
        let bytes = std::fs::read(folder.join(shard_name(index))).unwrap();
        let shard = Shard::read(&bytes, &meta).unwrap().unwrap();
        all.extend((0..shard.header.images as usize).map(|i| (shard.split(i), shard.factors(i).to_vec(), shard.image(i).to_vec())));
        if shard.header.last {
            break;
        }
    }
    (meta, all)
}

fn files(folder: &Path) -> Vec<Named> {
    ["img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt"]
        .map(|f| OnDisk::open(&folder.join(f)).unwrap())
        .to_vec()
}

fn choice(source: &mut dyn Source) -> Choice {
    let frame = first_frame(source).unwrap();
    Choice { id: "celeba".into(), title: "CelebA".into(), frame, label: source.about().label, first: None, only: None }
}

/// Packs everything, and keeps what is said of images left out.
pub fn run(files: &[Named], out: &Path, change: impl Fn(&mut Choice)) -> Result<(Progress, Vec<String>), String> {
    let mut source = open(files, None)?;
    let mut choice = choice(&mut *source);
    change(&mut choice);
    let said = RefCell::new(Vec::new());
    let end = pack(source, &choice, &Folder::new(out), |_| {}, |why| said.borrow_mut().push(why.to_owned()))?;
    Ok((end, said.into_inner()))
}

/// The number of an image by its colour, which the colour of its ground makes unique.
fn number(image_p: &[u8], n: u32) -> u32 {
    let pixel = |x: usize, y: usize| [0, 1, 2].map(|c| image_p[c * 4096 + y * 64 + x]);
    let far = |a: [u8; 3], b: [u8; 3]| a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum::<u32>();
    (1..=n).min_by_key(|i| far(pixel(32, 32), made::colour(*i)) + far(pixel(1, 1), made::colour(i + 1))).unwrap()
}

#[test]
fn every_image_keeps_its_attributes_and_its_split() {
    let (n, folder, out) = (2500, scratch("celeba"), scratch("celeba-out"));
    made::celeba(&folder, n);
    let (end, said) = run(&files(&folder), &out, |_| {}).unwrap();
    assert_eq!((end.packed, end.skipped, said.len()), (u64::from(n), 0, 0));
    let (meta, all) = read(&out);
    assert_eq!((meta.channels, meta.height, meta.width), (3, 64, 64));
    assert_eq!(meta.factors.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), made::ATTRIBUTES);
    assert_eq!(meta.factors[meta.label].name, "Smiling");
    assert_eq!(all.len(), n as usize);
    // Colours repeat after 256 images: those whose attributes are told apart are checked.
    for (split, factors_k, image_p) in all.iter().step_by(7) {
        let first = number(image_p, 256.min(n));
        let same: Vec<u32> = (first..=n).step_by(256).collect();
        let expected = |i: &&u32| (made::split(**i, n), (0..5).map(|k| u8::from(made::has(**i, k))).collect::<Vec<_>>());
        assert!(same.iter().any(|i| expected(&i) == (*split as u8, factors_k.clone())), "image {first}: {split:?} {factors_k:?}");
    }
    // Whatever part of it fits has all splits.
    for part in [500, 1024, n as usize] {
        let tests = all[..part].iter().filter(|(split, ..)| *split == Split::Test).count();
        assert!((part / 14..part / 7).contains(&tests), "{tests} test images in the first {part}");
    }
}

#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let (n, folder, out) = (2300, scratch("resume"), scratch("resume-out"));
    made::celeba(&folder, n);
    run(&files(&folder), &out, |_| {}).unwrap();
    let whole = [0, 1, 2].map(|i| std::fs::read(out.join(shard_name(i))).unwrap());
    // The last shard is missing and the one before was cut short: as after a power cut.
    std::fs::remove_file(out.join(shard_name(2))).unwrap();
    std::fs::write(out.join(shard_name(1)), &whole[1][..100_000]).unwrap();
    let (end, _) = run(&files(&folder), &out, |_| {}).unwrap();
    assert_eq!(end.packed, u64::from(n));
    for (i, bytes) in whole.iter().enumerate() {
        assert!(std::fs::read(out.join(shard_name(i as u32))).unwrap() == *bytes, "shard {i}");
    }
    // Other choices, and other files, are another set.
    let error = run(&files(&folder), &out, |c| c.first = Some(99)).unwrap_err();
    assert!(error.contains("another set of images"), "{error}");
    let error = run(&files(&folder), &folder, |_| {}).unwrap_err();
    assert!(error.contains("not empty"), "{error}");
}

#[test]
fn a_part_can_be_chosen() {
    let (n, folder) = (600, scratch("part"));
    made::celeba(&folder, n);
    let out = scratch("part-first");
    assert_eq!(run(&files(&folder), &out, |c| c.first = Some(100)).unwrap().0.packed, 100);
    let out = scratch("part-only");
    let (end, _) = run(&files(&folder), &out, |c| c.only = Some((3, 1))).unwrap();
    let smiling = (1..=n).filter(|i| made::has(*i, 3)).count();
    assert_eq!((end.packed, end.total), (smiling as u64, smiling as u64));
    assert!(read(&out).1.iter().all(|(_, factors_k, _)| factors_k[3] == 1));
}

#[test]
fn a_damaged_image_is_left_out_and_counted() {
    let (n, folder, out) = (300, scratch("damaged"), scratch("damaged-out"));
    made::celeba(&folder, n);
    let images = (1..=n).map(|i| {
        let mut jpeg = made::face(i);
        match i {
            100 => jpeg.truncate(jpeg.len() / 2),
            200 => jpeg = b"<html>not found</html>".to_vec(),
            _ => {}
        }
        (format!("img_align_celeba/{i:06}.jpg"), jpeg)
    });
    let mut bytes = made::zip(images, false);
    // Damage inside the archive, which its own sums tell.
    let at = bytes.windows(10).position(|w| w == b"000250.jpg").unwrap() + 300;
    bytes[at] ^= 0x55;
    std::fs::write(folder.join("img_align_celeba.zip"), bytes).unwrap();
    let (end, said) = run(&files(&folder), &out, |_| {}).unwrap();
    assert_eq!((end.packed, end.skipped), (u64::from(n) - 3, 3), "{said:?}");
    for name in ["000100.jpg", "000200.jpg", "000250.jpg"] {
        assert!(said.iter().any(|why| why.contains(name)), "{name}: {said:?}");
    }
}

#[test]
fn wrong_files_are_named_with_the_place() {
    let (n, folder) = (40, scratch("wrong"));
    made::celeba(&folder, n);
    let [zip, attributes, partition] = &files(&folder)[..] else { panic!("three files") };
    let open = |zip: &Named, attributes: Option<&Named>, partition: Option<&Named>| {
        CelebA::open(zip, attributes, partition).map(|c| c.about().clone())
    };
    let text = |name: &str, text: &str| Named::new(name, text.as_bytes().to_vec());

    let whole = std::fs::read(folder.join("img_align_celeba.zip")).unwrap();
    let cut = Named::new("cut.zip", whole[..whole.len() - 500].to_vec());
    let error = open(&cut, Some(attributes), Some(partition)).unwrap_err();
    assert!(error.starts_with("cut.zip: ") && error.contains("complete"), "{error}");
    for (attr, part, words) in [
        (text("a.txt", "40\nSmiling\n000001.jpg 1 1\n"), partition.clone(), "a.txt: line 3"),
        (attributes.clone(), text("p.txt", "000001.jpg 0\n000002.jpg 7\n"), "p.txt: line 2"),
        (attributes.clone(), text("p.txt", "x000001.jpg 0\n"), "img_align_celeba.zip: has no image that the partition file knows"),
        (
            text("a.txt", "1\nSmiling\nx.jpg 1\n"),
            partition.clone(),
            "img_align_celeba.zip: has no image that the attribute file knows",
        ),
    ] {
        let error = open(zip, Some(&attr), Some(&part)).unwrap_err();
        assert!(error.contains(words), "{error}");
    }

    // What is missing is said, and the rest goes on.
    let some = open(zip, Some(&text("a.txt", "Smiling\n000001.jpg 1\n000002.jpg -1\n")), Some(partition)).unwrap();
    assert!(some.items == 2 && some.notes[0].contains("38 images are left out"), "{some:?}");
    let none = open(zip, None, None).unwrap();
    assert_eq!((none.items, none.factors.len(), none.notes.len()), (u64::from(n), 0, 2));
}

#[test]
fn large_archives_and_bombs() {
    let names = |i: u32| format!("img_align_celeba/{i:06}.jpg");
    // The fields of zip64, which archives over 4 GB have.
    let large = Named::new("large.zip", made::zip((1..=20).map(|i| (names(i), made::face(i))), true));
    let mut source = CelebA::open(&large, None, None).unwrap();
    assert_eq!(source.about().items, 20);
    assert!((0..20).all(|i| source.item(i).is_ok()));
    // A file of 80 MB that packs to 80 kB.
    let bomb = Named::new(
        "bomb.zip",
        made::zip((1..=2).map(|i| (names(i), if i == 2 { vec![0; 80 << 20] } else { made::face(i) })), false),
    );
    let mut source = CelebA::open(&bomb, None, None).unwrap();
    let faults: Vec<String> = (0..2).filter_map(|i| source.item(i).err()).map(|e| format!("{e:?}")).collect();
    assert!(faults.len() == 1 && faults[0].contains("000002.jpg") && faults[0].contains("64 MB"), "{faults:?}");
}
