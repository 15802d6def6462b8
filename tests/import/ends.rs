//! Whatever is brought, an import ends: with what was read and with words, never by waiting for ever.

use std::io::Write;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use latent_import::frame::Framer;
use latent_import::job::decode;
use latent_import::native::{Folder, pack, pack_with};
use latent_import::open;
use latent_import::picture::Picture;
use latent_import::read::Named;
use latent_import::source::{About, Fault, Item, Raw, Source, first_frame};
use latent_packed::Split;
use latent_vocabulary::import::{Choice, Frame};

use super::celeba::read;
use super::{made, scratch};

/// What `work` gives, or a failed test where it gives nothing.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (say, heard) = channel();
    thread::spawn(move || say.send(work()));
    heard.recv_timeout(Duration::from_secs(60)).expect("an end within a minute")
}

fn choice(source: &mut dyn Source) -> Choice {
    let frame = first_frame(source).unwrap();
    Choice { id: "a".into(), title: "A".into(), frame, label: 0, first: None, only: None }
}

#[test]
fn a_decoder_that_panics_ends_the_import_and_names_the_file() {
    let out = scratch("panic");
    let files = || Named::new("a.zip", made::zip((0..100).map(|i| (format!("a/{i:03}.jpg"), made::face(i))), false));
    let folder = out.clone();
    let ended = in_time(move || {
        let panicking = |framer: &mut Framer, name: &str, raw: Raw, frame: &Frame| {
            assert!(!name.ends_with("070.jpg"), "this test's decoder breaks here");
            decode(framer, name, raw, frame)
        };
        let mut source = open(&[files()], None).unwrap();
        let choice = choice(&mut *source);
        pack_with(&panicking, source, &choice, &Folder::new(&folder), |_| {}, |_| {})
    });
    let error = ended.unwrap_err();
    assert!(error.contains("a/070.jpg") && error.contains("this test's decoder breaks here"), "{error}");
    // What came before is kept, and the import goes on from there.
    let mut source = open(&[files()], None).unwrap();
    let choice = choice(&mut *source);
    let looked = std::cell::RefCell::new(Vec::new());
    let end = pack(source, &choice, &Folder::new(&out), |p| looked.borrow_mut().push(p.looked), |_| {}).unwrap();
    assert_eq!((end.packed, end.skipped), (100, 0));
    assert!(looked.borrow().iter().all(|n| *n >= 70), "{looked:?}");
    assert_eq!(read(&out).1.len(), 100);
}

/// A source on a disk that is unplugged after the first images.
struct Unplugged {
    about: About,
    good: u64,
}

impl Source for Unplugged {
    fn about(&self) -> &About {
        &self.about
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        if place >= self.good {
            return Err(Fault::Skip(format!("{place}.jpg: no such device")));
        }
        let picture = Picture { width: 8, height: 8, channels: 1, values_hwc: vec![place as u8; 64] };
        Ok(Item { name: format!("{place}.jpg"), raw: Raw::Picture(picture), split: Split::Train, factors_k: Vec::new() })
    }
}

#[test]
fn a_source_that_is_gone_ends_the_import_and_keeps_what_was_read() {
    let source = |good| Unplugged { good, about: About { items: 2000, fingerprint: "the same".into(), ..About::default() } };
    let out = scratch("unplugged");
    let choice = choice(&mut source(2000));
    let error = pack(Box::new(source(70)), &choice, &Folder::new(&out), |_| {}, |_| {}).unwrap_err();
    assert!(error.contains("500 images in a row") && error.contains("no such device"), "{error}");
    // With the disk back the same command goes on; images that were out of reach are not lost.
    let end = pack(Box::new(source(2000)), &choice, &Folder::new(&out), |_| {}, |_| {}).unwrap();
    assert_eq!((end.packed, end.skipped), (2000, 0));
}

#[test]
fn pictures_that_cannot_be_decoded_stop_nothing() {
    let png = {
        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, 8, 8);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&[77; 192]).unwrap();
        png
    };
    let name = |i: usize| format!("r/{i:04}.png");
    let good = |i: usize| (30..60).contains(&i) || i >= 535;
    let files = (0..600).map(|i| (name(i), if good(i) { png.clone() } else { b"not found".to_vec() }));
    let mut source = open(&[Named::new("run.zip", made::zip(files, false))], None).unwrap();
    let choice = choice(&mut *source);
    let end = pack(source, &choice, &Folder::new(&scratch("run")), |_| {}, |_| {}).unwrap();
    assert_eq!((end.packed, end.skipped), (95, 505));
    // Where there is none at all, the reason is told.
    let files = (0..600).map(|i| (name(i), if i == 0 { png.clone() } else { b"not found".to_vec() }));
    let source = open(&[Named::new("none.zip", made::zip(files, false))], None).unwrap();
    let all_bad = |_: &mut Framer, name: &str, _: Raw, _: &Frame| Err(format!("{name} is not liked"));
    let error = pack_with(&all_bad, source, &choice, &Folder::new(&scratch("none")), |_| {}, |_| {}).unwrap_err();
    assert!(error.contains("600 could not be read") && error.contains("r/0599.png is not liked"), "{error}");
}

/// A hundred rows of eight by eight, under a header that promises very many more.
fn liar(rows: usize) -> Vec<u8> {
    made::npy("|u1", &[rows, 8, 8], &[9; 6400])
}

fn idx(items: u32) -> Vec<u8> {
    let head: Vec<u8> = [0x0803, items, 8, 8].iter().flat_map(|v| v.to_be_bytes()).collect();
    [&head[..], &[9; 6400]].concat()
}

#[test]
fn headers_that_promise_more_than_there_is_are_not_believed() {
    let gzip = |bytes: &[u8]| {
        let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    let npz = |rows| made::zip([("x.npy".to_owned(), liar(rows))].into_iter(), false);
    for (name, bytes) in [
        ("x.npy", liar(1 << 42)),
        ("one-too-many.npy", liar(101)),
        ("x.npz", npz(1 << 42)),
        ("one-too-many.npz", npz(101)),
        ("images-idx3-ubyte", idx(u32::MAX)),
        ("one-too-many-idx3-ubyte", idx(101)),
        ("images-idx3-ubyte.gz", gzip(&idx(u32::MAX))),
    ] {
        let file = bytes.clone();
        let error = in_time(move || open(&[Named::new(name, file)], None).err()).unwrap_or_else(|| panic!("{name} is opened"));
        assert!(error.starts_with(name) && error.contains("ends before its images do"), "{error}");
    }
    // What is there to the last byte is taken.
    for (name, bytes) in
        [("a.npy", liar(100)), ("a.npz", npz(100)), ("a-idx3-ubyte", idx(100)), ("a-idx3-ubyte.gz", gzip(&idx(100)))]
    {
        assert_eq!(open(&[Named::new(name, bytes)], None).unwrap().about().items, 100, "{name}");
    }
}

#[test]
fn an_archives_index_that_promises_more_than_there_is_is_not_believed() {
    let mut bytes = made::zip([("x.npy".to_owned(), liar(1 << 25))].into_iter(), false);
    // The unpacked size, in the directory at the end.
    let entry = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&0xffff_fff0u32.to_le_bytes());
    let error = in_time(move || open(&[Named::new("x.npz", bytes)], None).err()).expect("an error");
    assert!(error.contains("x.npz: x.npy: the index promises 4294967280 bytes"), "{error}");
}
