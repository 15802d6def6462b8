//! What people brought in public and lost, each as one row: what it is, and what is understood of it. The inputs are made here.

use latent_import::open;
use latent_import::plan::{read, read_celeba};
use latent_import::read::Named;
use latent_import::source::first_frame;
use latent_vocabulary::plan::{Plan, Role, SplitBy, Values, Wanted, Wishes};

use super::made;

/// A set of files.
pub type Files = Vec<(&'static str, Vec<u8>)>;

/// The files as they are brought.
pub fn named(files: &[(&str, Vec<u8>)]) -> Vec<Named> {
    files.iter().map(|(name, bytes)| Named::new(*name, bytes.clone())).collect()
}

pub fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    made::zip(files.iter().map(|(n, b)| ((*n).to_owned(), b.clone())), false)
}

/// The plan in one line: images of the parts, classes with counts, labels, and what is left aside.
pub fn brief(plan: &Plan) -> String {
    let parts: Vec<String> = plan.parts.iter().map(|p| format!("{} {}", p.part.id(), p.images)).collect();
    let value = |(name, n): &(String, Option<u64>)| n.map_or_else(|| name.clone(), |n| format!("{name} {n}"));
    let factors =
        plan.factors.iter().map(|f| format!("; {}: {}", f.name, f.values.iter().map(value).collect::<Vec<_>>().join(", ")));
    let aside: u64 = plan.pieces.iter().filter(|p| p.role == Role::Aside).map(|p| p.files).sum();
    let aside = if aside > 0 { format!("; {aside} aside") } else { String::new() };
    parts.join(", ") + &factors.collect::<String>() + &aside
}

/// What comes of files: the plan in brief once every image was read, or why they are refused.
pub fn come_to(files: &[Named]) -> String {
    match open(files, None) {
        Ok(mut source) => {
            for place in 0..source.about().items {
                let item = source.item(place).unwrap_or_else(|e| panic!("image {place}: {e:?}"));
                assert_eq!(item.split, source.split(place));
                item.raw.picture().unwrap_or_else(|e| panic!("{}: {e}", item.name));
            }
            brief(&source.about().plan)
        }
        Err(why) => why,
    }
}

fn mnist(train: usize, test: usize) -> Files {
    let labels = |n: usize| (0..n).map(|i| (i % 2) as u8).collect::<Vec<u8>>();
    vec![
        ("train-images-idx3-ubyte", made::idx(&[train as u32, 8, 8], &made::images(train, 0))),
        ("train-labels-idx1-ubyte", made::idx(&[train as u32], &labels(train))),
        ("t10k-images-idx3-ubyte", made::idx(&[test as u32, 8, 8], &made::images(test, 100))),
        ("t10k-labels-idx1-ubyte", made::idx(&[test as u32], &labels(test))),
    ]
}

fn keras(train: usize, test: usize) -> Files {
    let labels = |n: usize| made::npy("|u1", &[n], &(0..n).map(|i| (i % 2) as u8).collect::<Vec<u8>>());
    vec![
        ("x_test.npy", made::npy("|u1", &[test, 8, 8], &made::images(test, 100))),
        ("x_train.npy", made::npy("|u1", &[train, 8, 8], &made::images(train, 0))),
        ("y_test.npy", labels(test)),
        ("y_train.npy", labels(train)),
    ]
}

/// Pictures in folders.
pub fn pictures(names: &[&'static str]) -> Files {
    names.iter().enumerate().map(|(i, name)| (*name, made::plain(image::ImageFormat::Png, [200, i as u8, 0], 8))).collect()
}

fn npz(labels: (&'static str, &[usize], Vec<u8>)) -> Files {
    let (descr, shape, bytes) = labels;
    let files = [("x.npy", made::npy("|u1", &[6, 8, 8], &made::images(6, 100))), ("y.npy", made::npy(descr, shape, &bytes))];
    vec![("set.npz", zip(&files))]
}

#[test]
fn what_was_lost_is_read() {
    let hot = [1.0f32, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0].repeat(2);
    let twins = ["p/a.jpg", "p/._a.jpg", "p/b.jpg", "p/._b.jpg"];
    let twins: Files = twins.iter().map(|n| (*n, if n.contains("._") { vec![0, 5, 22, 7] } else { made::face(1) })).collect();
    let camera: Files =
        ["1.jpg", "2.jpg"].iter().map(|n| (*n, made::face(1))).chain([("3.HEIC", vec![0]), ("4.HEIC", vec![0])]).collect();
    let six = "train 6; y: 0 2, 1 2, 2 2";
    let backslashes = made::replaced(
        made::replaced(zip(&pictures(&["pets/cats/a.png", "pets/dogs/b.png"])), b"pets/cats/", b"pets\\cats\\"),
        b"pets/dogs/",
        b"pets\\dogs\\",
    );
    let rows: Vec<(&str, Files, &str)> = vec![
        ("apple-double", vec![("mac.zip", zip(&twins))], "train 2; 2 aside"),
        ("idx-in-zip", vec![("mnist.zip", zip(&mnist(32, 8)))], "train 32, test 8; Label: 0 20, 1 20"),
        ("idx-test-files-dropped", mnist(32, 8), "train 32, test 8; Label: 0 20, 1 20"),
        ("idx-wrong-labels", mnist(8, 8), "train 8, test 8; Label: 0 8, 1 8"),
        ("npy-labels-beside", keras(8, 4)[1..2].iter().cloned().chain(keras(8, 4).pop()).collect(), "train 8; y: 0 4, 1 4"),
        ("npz-labels-lost, float", npz(("<f4", &[6], made::floats(&[0.0, 1.0, 2.0, 0.0, 1.0, 2.0]))), six),
        ("npz-labels-lost, one-hot", npz(("<f4", &[6, 3], made::floats(&hot))), six),
        ("npz-labels-lost, bytes", npz(("|u1", &[6, 3], hot.iter().map(|v| *v as u8).collect())), six),
        ("npz-labels-lost, text", npz(("|S2", &[6], b"0\x001\x002\x00".repeat(2))), six),
        ("npz-labels-lost, one short", npz(("<i8", &[5], made::longs(&[0, 1, 2, 0, 1]))), "train 6; 1 aside"),
        ("npz-test-arrays-dropped", vec![("mnist.npz", zip(&keras(32, 8)))], "train 32, test 8; y: 0 20, 1 20"),
        ("npz-test-arrays-dropped, equal", vec![("equal.npz", zip(&keras(8, 8)))], "train 8, test 8; y: 0 8, 1 8"),
        ("other-formats-silent", vec![("DCIM.zip", zip(&camera))], "train 2; 2 aside"),
        (
            "train-and-val",
            vec![(
                "insects.zip",
                zip(&pictures(&["h/train/ants/0.png", "h/train/bees/1.png", "h/val/ants/2.png", "h/val/bees/3.png"])),
            )],
            "train 2, valid 2; Folder: ants 2, bees 2",
        ),
        ("zip-backslashes", vec![("pets.zip", backslashes)], "train 2; Folder: cats 1, dogs 1"),
        (
            "zips-second-dropped",
            vec![
                ("drive-001.zip", zip(&pictures(&["faces/a/1.png", "faces/a/2.png"]))),
                ("drive-002.zip", zip(&pictures(&["faces/b/1.png", "faces/b/2.png"]))),
            ],
            "train 4; Folder: a 2, b 2",
        ),
    ];
    for (name, files, expected) in rows {
        let mut files = named(&files);
        assert_eq!(come_to(&files), expected, "{name}");
        files.reverse();
        assert_eq!(come_to(&files), expected, "{name}, in the other order");
    }
}

#[test]
fn values_are_told_by_the_whole_array() {
    let unit = |values: &[f32]| {
        made::npy("<f4", &[80, 8, 8], &made::floats(&values.iter().copied().cycle().take(80 * 64).collect::<Vec<_>>()))
    };
    let mut late = vec![0.0f32; 80 * 64];
    late[79 * 64..].fill(255.0);
    for (name, bytes, black, white, usual) in [
        ("npy-just-below-zero", unit(&[-0.003, 0.4, 1.0]), 0.0, 1.0, true),
        ("npy-standardised", unit(&[-0.5, 2.0, -0.5, -0.5]), -0.5, 2.0, false),
        ("black first images", unit(&late), 0.0, 255.0, true),
        ("npy-float16", made::npy("<f2", &[80, 8, 8], &[0x00u8, 0x3c].repeat(80 * 64)), 0.0, 1.0, true),
    ] {
        let source = open(&[Named::new("x.npy", bytes)], None).unwrap();
        let values = &source.about().plan.values[0];
        assert_eq!((values.black, values.white, values.usual), (black, white, usual), "{name}: {values:?}");
        assert_eq!(source.about().notes.len(), usize::from(!usual), "{name}");
    }
}

#[test]
fn pictures_are_looked_at_all_over() {
    // One in colour among many, and not among the first.
    let names: Vec<String> = (0..40).map(|i| format!("c/{i:02}.png")).collect();
    let one = names
        .iter()
        .enumerate()
        .map(|(i, n)| (n.clone(), if i == 39 { made::plain(image::ImageFormat::Png, [200, 0, 0], 8) } else { made::dot(i as u8) }));
    let mut source = open(&[Named::new("mixed.zip", made::zip(one, false))], None).unwrap();
    assert_eq!((source.about().plan.look.colour, first_frame(&mut *source).unwrap().channels), (1, 3));
}

#[test]
fn celebas_other_releases_are_read() {
    let rows = |ending: &str| (1..=4).map(|i| format!("{i:06}{ending} {}\n", if i % 2 == 0 { 1 } else { -1 })).collect::<String>();
    let archive = |name: &'static str, ending: &str, folder: &str| {
        let files = (1..=4).map(|i| (format!("{folder}/{i:06}{ending}"), made::dot(i as u8)));
        Named::new(name, made::zip(files, false))
    };
    let attributes = Named::new("list_attr_celeba.txt", format!("4\nSmiling\n{}", rows(".jpg")).into_bytes());
    let partition = Named::new("list_eval_partition.txt", b"000001.jpg 0\n000002.jpg 0\n000003.jpg 1\n000004.jpg 2\n".to_vec());
    let png = archive("img_align_celeba_png.zip", ".png", "img_align_celeba_png");
    let expected = "train 2, valid 1, test 1; Smiling: not Smiling 2, Smiling 2";
    assert_eq!(brief(&read_celeba(&png, Some(&attributes), Some(&partition)).unwrap().about().plan), expected, "celeba-png");
    assert_eq!(come_to(&[partition.clone(), png, attributes.clone()]), expected);
    let hq = archive("CelebAMask-HQ.zip", ".jpg", "CelebAMask-HQ/CelebA-HQ-img");
    let source = read_celeba(&hq, Some(&attributes), None).unwrap();
    assert_eq!(source.about().items, 4, "celeba-hq");
    // What a server sends where a limit is reached.
    let page = b"<!DOCTYPE html><html><title>Quota exceeded</title></html>".to_vec();
    for name in ["img_align_celeba.zip", "list_attr_celeba.txt"] {
        let why = open(&[Named::new(name, page.clone()), partition.clone()], None).err().unwrap();
        assert!(why.starts_with(&format!("{name}: this is a web page")), "{why}");
    }
}

#[test]
fn a_plan_can_be_said_otherwise() {
    let asked =
        |files: &Files, wishes: Wishes| read(&named(files), &wishes).map_or_else(|e| e, |source| brief(&source.about().plan));
    let role = |text: &str| Wishes { roles: vec![Wanted::parse(text).unwrap()], ..Wishes::default() };
    let two = vec![("a.zip", zip(&pictures(&["1.png", "2.png"]))), ("b.zip", zip(&pictures(&["3.png"])))];
    assert_eq!(asked(&two, Wishes::default()), "train 3; Folder: a 2, b 1");
    assert_eq!(asked(&two, role("b.zip=test")), "train 2, test 1; Folder: a 2, b 1");
    assert_eq!(asked(&two, role("b.zip=aside")), "train 2; 1 aside");
    assert_eq!(asked(&two, role("c.zip=aside")), "c.zip: no file or folder of that name was brought");
    assert_eq!(asked(&keras(8, 8), Wishes { split: Some(SplitBy::Tenth), ..Wishes::default() }), "train 15, test 1; y: 0 8, 1 8");
    assert_eq!(asked(&keras(8, 4), Wishes { labels: Some(String::new()), ..Wishes::default() }), "train 8, test 4; 2 aside");
    assert_eq!(asked(&keras(8, 4), role("x_test=valid")), "train 8, valid 4; y: 0 6, 1 6");
    let other: Files = vec![
        ("x.npy", made::npy("|u1", &[4, 8, 8], &made::images(4, 0))),
        ("a.npy", made::npy("|u1", &[4], &[0, 0, 1, 1])),
        ("b.npy", made::npy("|u1", &[4], &[0, 1, 0, 1])),
    ];
    assert_eq!(asked(&other, Wishes::default()), "train 4; a: 0 2, 1 2; b: 0 2, 1 2");
    assert_eq!(asked(&other, Wishes { labels: Some("b.npy".into()), ..Wishes::default() }), "train 4; b: 0 2, 1 2; 1 aside");
    // Values change what is packed, so that it is another set.
    let floats = [Named::new("x.npy", made::npy("<f4", &[1, 8, 8], &made::floats(&[0.5; 64])))];
    let level = |values| {
        let mut source = read(&floats, &Wishes { values, ..Wishes::default() }).unwrap();
        (source.item(0).unwrap().raw.picture().unwrap().values_hwc[0], source.about().fingerprint.clone())
    };
    let (unit, signed) = (level(None), level(Some(Values::Range(-1.0, 1.0))));
    assert_eq!((unit.0, signed.0), (128, 191));
    assert_ne!(unit.1, signed.1);
}

/// A plan travels to the page and is printed: nothing of it may be lost.
#[test]
fn a_plan_is_plain_data() {
    let source = open(&named(&keras(8, 4)), None).unwrap();
    let plan = &source.about().plan;
    let text = serde_json::to_string(plan).unwrap();
    assert_eq!(&serde_json::from_str::<Plan>(&text).unwrap(), plan);
    assert!(text.contains(r#""role":"labels","part":"train""#), "{text}");
    assert!(plan.pieces.iter().all(|p| p.words().starts_with(&p.name)));
}
