//! Damaged files, thousands of them: whatever stands in a file, reading it ends, with images or with words.
//!
//! Deterministic: the corpus is `golden/` and what `made` makes, each file is damaged in the same ways on every run, and a
//! failure names file and round.

use std::panic::{AssertUnwindSafe, catch_unwind};

use latent_import::open;
use latent_import::picture::Picture;
use latent_import::read::Named;
use latent_import::source::{Fault, Source};
use latent_import::table::{Attributes, Partition};
use latent_packed::{FORMAT, Meta, PackedFactor, Shard, ShardBuilder, Split};
use latent_vocabulary::frames::Frames;

use super::{golden, made};

/// Damaged copies of each file of the corpus; `LATENT_LAB_FUZZ` says another number.
fn rounds() -> u64 {
    std::env::var("LATENT_LAB_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(600)
}

/// Images of a damaged file that are read.
const IMAGES: u64 = 12;

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Damages a file in one to four places. Headers and indices lie at the ends, so most damage is there.
fn damage(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=random.below(4) {
        if out.is_empty() {
            break;
        }
        let near = 160.min(out.len());
        let at = match random.below(4) {
            0 => random.below(near),
            1 | 2 => out.len() - 1 - random.below(near),
            _ => random.below(out.len()),
        };
        match random.below(8) {
            0 => out[at] ^= 1 << random.below(8),
            1 => out[at] = [0, 1, 0x7f, 0x80, 0xff, b'9', b'-', b'\n'][random.below(8)],
            2 => out.truncate(at),
            3 => {
                let word = [0, u32::MAX, i32::MAX as u32, 1 << 31, 0xffff, random.next() as u32][random.below(6)];
                let end = (at + 4).min(out.len());
                out[at..end].copy_from_slice(&word.to_le_bytes()[..end - at]);
            }
            4 => drop(out.drain(at..(at + 1 + random.below(16)).min(out.len()))),
            5 => {
                let end = (at + 1 + random.below(64)).min(out.len());
                let part = out[at..end].to_vec();
                out.splice(at..at, part);
            }
            6 => {
                let end = (at + 1 + random.below(8)).min(out.len());
                out[at..end].fill(random.next() as u8);
            }
            _ => {
                let (from, end) = (random.below(out.len()), (at + 8).min(out.len()));
                for (i, to) in (at..end).enumerate() {
                    out[to] = out[(from + i) % bytes.len().min(out.len())];
                }
            }
        }
    }
    out
}

/// Damages each file of a corpus, and hands it to `read` once intact and then damaged.
fn fuzz(corpus: &[(&str, Vec<u8>)], read: impl Fn(&str, Vec<u8>) -> Result<(), String>) {
    let (mut refused, mut taken) = (0, 0);
    for (name, bytes) in corpus {
        read(name, bytes.clone()).unwrap_or_else(|e| panic!("{name} itself: {e}"));
        for round in 0..rounds() {
            let mut random = Random(round.wrapping_mul(0x1000_0001) ^ bytes.len() as u64);
            let damaged = damage(bytes, &mut random);
            match catch_unwind(AssertUnwindSafe(|| read(name, damaged))) {
                Ok(Ok(())) => taken += 1,
                Ok(Err(e)) => {
                    assert!(!e.is_empty(), "{name}, round {round}: no words");
                    refused += 1;
                }
                Err(_) => panic!("{name}, round {round}: reading it panics"),
            }
        }
    }
    println!("{refused} damaged files refused, {taken} read");
    // Damage that nothing notices everywhere would mean that nothing was read.
    assert!(refused > 0 && taken > 0, "{refused} refused, {taken} taken");
}

/// Opens a file and reads its first images.
fn read_images(name: &str, bytes: Vec<u8>) -> Result<(), String> {
    let mut source: Box<dyn Source> = open(&[Named::new(name, bytes)], None)?;
    for place in 0..source.about().items.min(IMAGES) {
        match source.item(place) {
            Ok(item) => drop(item.raw.picture()?),
            Err(Fault::Skip(e) | Fault::Stop(e)) => return Err(e),
        }
    }
    Ok(())
}

#[test]
fn zip_indices() {
    let files =
        |large| made::zip((1..=6).map(|i| (format!("a/{i}.jpg"), std::fs::read(golden().join("grey.jpg")).unwrap())), large);
    fuzz(&[("a.zip", files(false)), ("b.zip", files(true))], read_images);
}

/// Archives in an archive, one of whose names is in no encoding that is told, and one packed as Windows packs large files.
#[test]
fn archives_in_archives() {
    let inner = made::zip((1..=2).map(|i| (format!("abcd/{i}.png"), made::dot(i))), false);
    let inner = made::replaced(inner, b"abcd/", b"\x83\x6c\x83\x52/");
    let outer = made::zip(
        [("train.zip".to_owned(), inner), ("x.npy".to_owned(), made::npy("|u1", &[2, 8, 8], &[7; 128]))].into_iter(),
        false,
    );
    fuzz(&[("all.zip", outer), ("big.zip", super::thirty::deflate64())], read_images);
}

/// The formats of other programs, and pictures of 16 bits.
#[test]
fn other_pictures() {
    use image::ImageFormat::{Bmp, Gif, Tiff, WebP};
    let formats = [("a.webp", WebP), ("a.gif", Gif), ("a.bmp", Bmp), ("a.tiff", Tiff)];
    let corpus: Vec<_> = formats.into_iter().map(|(name, format)| (name, made::plain(format, [200, 90, 10], 24))).collect();
    fuzz(&corpus, |_, bytes| {
        // What is damaged so that it is none of them any more is read as well.
        latent_import::picture::head(&bytes);
        Picture::decode(&bytes).map(drop)
    });
    fuzz(&[("deep.png", made::deep(4000))], |_, bytes| {
        latent_import::picture::brightest(&bytes);
        Picture::decode_deep(&bytes, 4095).map(drop)
    });
}

/// Tables of labels beside pictures: whatever is in them, the pictures are there or the table is named.
#[test]
fn tables_of_labels() {
    let text = "id;file;kind;split\n0;a/1.png;\"x y\";train\n1;a/2.png;z;test\n2;b/3.png;z;val\n3;b/4.png;\"x y\";train\n";
    let wide: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let pictures = || ["a/1.png", "a/2.png", "b/3.png", "b/4.png"].map(|name| Named::new(name, made::dot(9)));
    let (mut read, mut none) = (0, 0);
    for (name, bytes) in [("labels.csv", text.as_bytes().to_vec()), ("labels.txt", wide)] {
        for round in 0..rounds() {
            let damaged = damage(&bytes, &mut Random(round.wrapping_mul(0x1000_0001) ^ bytes.len() as u64));
            let files = [&pictures()[..], &[Named::new(name, damaged)]].concat();
            match open(&files, None) {
                Ok(source) => read += usize::from(source.about().items == 4),
                Err(e) => {
                    assert!(e.contains(name), "{name}, round {round}: {e}");
                    none += 1;
                }
            }
        }
    }
    println!("{read} damaged tables with pictures, {none} refused");
    assert!(read > 0);
}

#[test]
fn tables_by_other_codecs() {
    use parquet::basic::{Compression, ZstdLevel};
    let rows: Vec<(Vec<u8>, i32)> = (0..6).map(|i| (made::dot(i), i32::from(i % 2))).collect();
    fuzz(
        &[
            ("z.parquet", made::parquet(&rows, Compression::ZSTD(ZstdLevel::default()))),
            ("l.parquet", made::parquet(&rows, Compression::LZ4_RAW)),
        ],
        read_images,
    );
}

#[test]
fn idx_files() {
    let bytes = [&[0, 0, 8, 3, 0, 0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 6][..], &[9; 180]].concat();
    fuzz(&[("images.idx", bytes)], read_images);
}

#[test]
fn arrays() {
    let values: Vec<u8> = (0..720u32).map(|v| (v % 251) as u8).collect();
    let (x, y) = (made::npy("|u1", &[5, 6, 6], &values[..180]), made::npy("<i4", &[5], &values[..20]));
    let npz = made::zip([("x.npy".to_owned(), x.clone()), ("y.npy".to_owned(), y)].into_iter(), false);
    let text = made::npy("<U3", &[5], &values[..60]);
    let texts = made::zip([("x.npy".to_owned(), x.clone()), ("y.npy".to_owned(), text)].into_iter(), false);
    let half = made::npy("<f2", &[5, 6, 6], &values[..360]);
    fuzz(
        &[("x.npy", x), ("f.npy", made::npy("<f4", &[5, 6, 6], &values)), ("h.npy", half), ("xy.npz", npz), ("xt.npz", texts)],
        read_images,
    );
}

#[test]
fn tables() {
    fuzz(&[("mirror.parquet", std::fs::read(golden().join("mirror.parquet")).unwrap())], read_images);
}

#[test]
fn attribute_and_partition_files() {
    fuzz(&[("list_attr_celeba.txt", made::attributes(8).into_bytes())], |_, bytes| Attributes::read(&bytes).map(drop));
    fuzz(&[("list_eval_partition.txt", made::partition(8).into_bytes())], |_, bytes| Partition::read(&bytes).map(drop));
}

#[test]
fn pictures() {
    let corpus = ["grey.jpg", "turned6.jpg", "progressive.jpg", "cmyk.jpg", "palette.png", "alpha.png", "bits.png"];
    let corpus: Vec<_> = corpus.iter().map(|n| (*n, std::fs::read(golden().join(n)).unwrap())).collect();
    fuzz(&corpus, |_, bytes| Picture::decode(&bytes).map(drop));
}

#[test]
fn packed_shards_and_their_description() {
    let factors = vec![PackedFactor { name: "Label".into(), values: vec!["a".into(), "b".into()] }];
    let (title, credit, source) = ("t".to_owned(), String::new(), String::new());
    let meta = Meta {
        format: FORMAT,
        title,
        credit,
        source,
        channels: 1,
        height: 4,
        width: 4,
        factors,
        label: 0,
        items: 9,
        frames: Frames::One,
        vectors: None,
    };
    let mut builder = ShardBuilder::default();
    (0..9u8).for_each(|i| builder.push(Split::Train, &[i % 2], &[i; 16]));
    let shard = builder.finish(&meta, true, 9, 0);
    fuzz(&[("shard-0000.bin", shard)], |_, bytes| match Shard::read(&bytes, &meta)? {
        // Every image of a shard that was taken for good can be looked at.
        Some(shard) => {
            (0..shard.header.images as usize).try_for_each(|i| match (shard.split(i), shard.factors(i), shard.image(i).len()) {
                (_, [0 | 1], 16) => Ok(()),
                other => panic!("image {i}: {other:?}"),
            })
        }
        None => Err("was never finished".into()),
    });
    fuzz(&[("meta.json", meta.to_json().into_bytes())], |_, bytes| Meta::from_json(&bytes).map(drop));
}
