//! Rows of numbers: every form gives the same rows, with what lies beside them.

use std::sync::Arc;

use half::{bf16, f16};
use latent_data::own::{self, Loaded, Room};
use latent_import::plan::read;
use latent_import::read::Named;
use latent_import::source::Raw;
use latent_packed::{META, Meta, OnDisk, PackedVectors, Split, read_texts, texts_name, thumbs_name};
use latent_vocabulary::data::Own;
use latent_vocabulary::plan::{Normalise, Role, SplitBy, Wanted, Wishes};
use latent_vocabulary::shape::SampleShape;

use super::people::{Files, brief, named, zip};
use super::{celeba, made, scratch};

const N: usize = 40;
const D: usize = 24;

/// A number of row `i`, the same in 16 bits of either kind: seven binary digits.
fn value(i: usize, d: usize) -> f32 {
    let mixed = (i * 7919 + d * 104_729 + i * d * 31) % 127;
    (mixed as f32 - 63.0) / 8.0
}

fn rows() -> Vec<f32> {
    (0..N * D).map(|at| value(at / D, at % D)).collect()
}

fn halves() -> Vec<u8> {
    rows().into_iter().flat_map(|v| f16::from_f32(v).to_le_bytes()).collect()
}

fn brains() -> Vec<u8> {
    rows().into_iter().flat_map(|v| bf16::from_f32(v).to_le_bytes()).collect()
}

/// Column by column.
fn fortran() -> Vec<u8> {
    let values: Vec<u8> = (0..D).flat_map(|d| (0..N).flat_map(move |i| value(i, d).to_le_bytes())).collect();
    made::replaced(made::npy("<f4", &[N, D], &values), b"'fortran_order': False", b"'fortran_order': True ")
}

/// A safetensors file of these tensors: name, type, shape, values.
fn tensors(all: &[(&str, &str, &[usize], Vec<u8>)]) -> Vec<u8> {
    let (mut index, mut values) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in all {
        let (start, end) = (values.len(), values.len() + bytes.len());
        index.push(format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{start},{end}]}}"));
        values.extend_from_slice(bytes);
    }
    let index = format!("{{\"__metadata__\":{{\"made\":\"here\"}},{}}}", index.join(","));
    [(index.len() as u64).to_le_bytes().to_vec(), index.into_bytes(), values].concat()
}

/// A Parquet table with a list of floats, a text and a label in each row.
fn table() -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, FloatType, Int32Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    let schema = "message t { required group acts (LIST) { repeated group list { required float element; } } \
                  required binary text (UTF8); required int32 label; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(WriterProperties::builder().build())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let repeated: Vec<i16> = (0..N * D).map(|at| i16::from(at % D > 0)).collect();
    column.typed::<FloatType>().write_batch(&rows(), Some(&vec![1; N * D]), Some(&repeated)).unwrap();
    column.close().unwrap();
    let texts: Vec<ByteArray> = (0..N).map(|i| text(i).as_str().into()).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&(0..N as i32).map(|i| i % 3).collect::<Vec<_>>(), None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    out
}

fn text(i: usize) -> String {
    format!("row {i}, <<here>>\nand on")
}

fn csv() -> Vec<u8> {
    let rows = (0..N).map(|i| format!("{i},\"{}\",{}\n", text(i), i % 3));
    ["id,text,label\n".to_owned()].into_iter().chain(rows).collect::<String>().into_bytes()
}

fn jsonl() -> Vec<u8> {
    (0..N).map(|i| format!("{{\"text\":{:?},\"label\":{}}}\n", text(i), i % 3)).collect::<String>().into_bytes()
}

/// The rows without normalisation, as they are kept.
fn kept(files: &[Named], wishes: &Wishes) -> Vec<f32> {
    let mut source = read(files, &Wishes { normalise: Some(Normalise::None), ..wishes.clone() }).unwrap();
    let shape = SampleShape::vector(D);
    let row = |place| match source.item(place).unwrap().raw {
        Raw::Vector(bytes, D) => shape.floats(&bytes),
        other => panic!("{other:?}"),
    };
    (0..N as u64).flat_map(row).collect()
}

/// The rows as saev keeps them: two layers, of which the second has them, and four patches of each example behind one token for all.
fn saev() -> Files {
    const PATCHES: usize = 4;
    let shard = |examples: std::ops::Range<usize>| -> Vec<u8> {
        let layer = |e: usize, own: bool| {
            let token = move |t: usize, d: usize| if own && t > 0 { value(e * PATCHES + t - 1, d) } else { 77.0 };
            (0..=PATCHES).flat_map(move |t| (0..D).flat_map(move |d| token(t, d).to_le_bytes()))
        };
        examples.flat_map(|e| layer(e, false).chain(layer(e, true))).collect()
    };
    let metadata = format!(
        "{{\"family\":\"dinov2\",\"ckpt\":\"small\",\"layers\":[7,11],\"content_tokens_per_example\":{PATCHES},\"cls_token\":true,\
         \"d_model\":{D},\"n_examples\":10,\"data\":{{\"__class__\":\"Imgfolder\"}},\"dtype\":\"float32\",\"protocol\":\"2.1\"}}"
    );
    let shards = b"[{\"name\":\"acts000000.bin\",\"n_ex\":6},{\"name\":\"acts000001.bin\",\"n_ex\":4}]".to_vec();
    vec![
        ("run/acts000001.bin", shard(6..10)),
        ("run/acts000000.bin", shard(0..6)),
        ("run/metadata.json", metadata.into_bytes()),
        ("run/shards.json", shards),
        ("run/labels.bin", (0..N as u8).map(|i| i % 3).collect()),
    ]
}

#[test]
fn shards_of_saev_are_read_with_their_labels() {
    let source = read(&named(&saev()), &Wishes::default()).unwrap();
    let plan = &source.about().plan;
    assert_eq!(brief(plan), "train 36, test 4; label: 0 14, 1 13, 2 13");
    let notes = plan.notes.join(" ");
    assert!(notes.contains("Of the layers 7, 11 the last one, 11, is read.") && notes.contains("(CLS) is left aside"), "{notes}");
    assert!(plan.pieces.iter().all(|p| p.role != Role::Aside), "{:?}", plan.pieces);
    let without = |name: &str| saev().into_iter().filter(|(own, _)| !own.ends_with(name)).collect::<Files>();
    assert!(read(&named(&without("labels.bin")), &Wishes::default()).is_ok());
    // The names of the protocol's first version.
    let old = |(name, bytes): (&'static str, Vec<u8>)| {
        let text =
            String::from_utf8_lossy(&bytes).replace("content_tokens_per_example", "n_patches_per_img").replace("d_model", "d_vit");
        (name, if name.ends_with("metadata.json") { text.into_bytes() } else { bytes })
    };
    assert_eq!(kept(&named(&saev().into_iter().map(old).collect::<Files>()), &Wishes::default()), rows());
    let edited = |name: &str, edit: fn(Vec<u8>) -> Vec<u8>| -> Files {
        saev().into_iter().map(|(own, bytes)| (own, if own.ends_with(name) { edit(bytes) } else { bytes })).collect()
    };
    let no_acts: Files = saev().into_iter().filter(|(name, _)| !name.contains("acts")).collect();
    let half = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace("float32", "float16").into_bytes();
    let huge = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).replace(":4,", ":9999999999999999999,").into_bytes();
    for (files, words) in [
        (no_acts, "run/metadata.json: the activations that it describes are missing"),
        (edited("acts000001.bin", |bytes| bytes[..bytes.len() - 4].to_vec()), "run/acts000001.bin: 3836 bytes are no whole number"),
        (edited("labels.bin", |bytes| bytes[1..].to_vec()), "run/labels.bin has 39 labels, the shards have 40 rows"),
        (edited("metadata.json", half), "its numbers are float16; float32 is read"),
        (edited("metadata.json", huge), "have no size"),
    ] {
        let error = read(&named(&files), &Wishes::default()).err().unwrap_or_else(|| panic!("{words}: taken"));
        assert!(error.contains(words), "{error}");
    }
}

fn forms() -> Vec<Files> {
    let floats = made::floats(&rows());
    let doubles: Vec<u8> = rows().iter().flat_map(|v| f64::from(*v).to_be_bytes()).collect();
    let npy = made::npy("<f2", &[N, D], &halves());
    let shards = [0..12, 12..N].map(|r| made::npy("<f4", &[r.len(), D], &made::floats(&rows()[r.start * D..r.end * D])));
    let [first, second] = shards;
    vec![
        vec![("acts.npy", npy.clone())],
        vec![("acts.npy", made::npy("<f4", &[N, D], &floats))],
        vec![("acts.npy", made::npy(">f8", &[N, D], &doubles))],
        vec![("acts.npy", fortran())],
        vec![("acts.npy", made::npy("<u2", &[N, D], &brains()))],
        vec![("acts.npy", made::npy("<V2", &[N, D], &brains()))],
        vec![("acts.npz", zip(&[("acts.npy", npy)]))],
        vec![("acts.safetensors", tensors(&[("b", "F32", &[D], vec![0; 4 * D]), ("acts", "F32", &[N, D], floats)]))],
        vec![("acts.safetensors", tensors(&[("acts", "F16", &[N, D], halves())]))],
        vec![("acts.safetensors", tensors(&[("acts", "BF16", &[N, D], brains())]))],
        vec![("acts.parquet", table())],
        vec![("acts_10.npy", second), ("acts_9.npy", first)],
        saev(),
    ]
}

#[test]
fn every_form_gives_the_same_rows() {
    for files in forms() {
        let files = named(&files);
        assert_eq!(kept(&files, &Wishes::default()), rows(), "{:?}", files.iter().map(|f| &f.name).collect::<Vec<_>>());
        let source = read(&files, &Wishes::default()).unwrap();
        let plan = &source.about().plan;
        let found = plan.vectors.as_ref().unwrap();
        assert_eq!((plan.images, found.dims, found.broken), (N as u64, D as u64, 0));
        // SAELens' factor: the root of the width over the mean length.
        let norm = rows().chunks(D).map(|r| r.iter().map(|v| f64::from(v * v)).sum::<f64>().sqrt()).sum::<f64>() / N as f64;
        assert!((found.scale - (D as f64).sqrt() / norm).abs() < 1e-9, "{found:?}");
        assert_eq!(found.normalise.id(), "expected_average_only_in");
    }
}

#[test]
fn parts_are_those_of_the_names_unless_every_tenth_is_asked_for() {
    let part = |r: std::ops::Range<usize>| made::npy("<f4", &[r.len(), D], &made::floats(&rows()[r.start * D..r.end * D]));
    let files = named(&[("acts_train.npy", part(0..30)), ("acts_test.npy", part(30..N))]);
    let tenth = Wishes { split: Some(SplitBy::Tenth), ..Wishes::default() };
    for (wishes, want) in [(Wishes::default(), "train 30, test 10"), (tenth, "train 36, test 4")] {
        assert_eq!(brief(&read(&files, &wishes).unwrap().about().plan), want);
    }
    // Nothing to train on, or nothing to test with: names tell nothing.
    for name in ["acts_test.npy", "acts_train.npy"] {
        let source = read(&named(&[(name, part(0..N))]), &Wishes::default()).unwrap();
        assert_eq!(brief(&source.about().plan), "train 36, test 4", "{name}");
    }
}

#[test]
fn texts_and_labels_lie_beside_them() {
    let npy = ("acts.npy", made::npy("<f2", &[N, D], &halves()));
    let labels = ("y.npy", made::npy("|u1", &[N], &(0..N).map(|i| (i % 3) as u8).collect::<Vec<_>>()));
    let texts: String = (0..N).map(|i| text(i).replace('\n', " ") + "\n").collect();
    for (files, has_text, factor) in [
        (vec![npy.clone(), ("acts.csv", csv())], true, "label"),
        (vec![npy.clone(), ("other.jsonl", jsonl())], true, "label"),
        (vec![npy.clone(), labels], false, "y"),
        (vec![npy, ("prompts.txt", texts.into_bytes())], true, ""),
        (vec![("acts.parquet", table())], true, "label"),
    ] {
        let files = named(&files);
        let mut source = read(&files, &Wishes::default()).unwrap();
        let factors: Vec<&str> = source.about().factors.iter().map(|f| f.name.as_str()).collect();
        assert_eq!((source.about().plan.vectors.as_ref().unwrap().texts, factors.concat().as_str()), (has_text, factor));
        for i in 0..N {
            let item = source.item(i as u64).unwrap();
            assert!(factor.is_empty() || item.factors_k == [(i % 3) as u8], "{item:?}");
            let beside = source.beside(i as u64).unwrap();
            assert_eq!(beside.text.replace(' ', "\n"), if has_text { text(i).replace(' ', "\n") } else { String::new() });
        }
    }
}

#[test]
fn pictures_lie_beside_them() {
    let npy = ("acts.npy", made::npy("<f2", &[N, D], &halves()));
    let array = ("thumbs.npy", made::npy("|u1", &[N, 8, 8, 3], &(0..N).flat_map(|i| vec![5 * i as u8; 192]).collect::<Vec<_>>()));
    let named_rows: String = std::iter::once("image\n".to_owned()).chain((0..N).map(|i| format!("{}.png\n", N - 1 - i))).collect();
    let png = |i: usize| (format!("{i}.png"), made::plain(image::ImageFormat::Png, [5 * i as u8; 3], 8));
    let pictures = ("pictures.zip", made::zip((0..N).map(png), false));
    for (files, turned) in [
        (vec![npy.clone(), array], false),
        (vec![npy.clone(), pictures.clone()], false),
        (vec![npy, pictures, ("rows.csv", named_rows.into_bytes())], true),
    ] {
        let mut source = read(&named(&files), &Wishes::default()).unwrap();
        let thumb = source.about().vectors.as_ref().unwrap().thumb.unwrap();
        assert_eq!(thumb[..2], [28, 28], "{:?}", source.about().plan.pieces);
        for i in 0..N {
            let thumb_p = source.beside(i as u64).unwrap().thumb_p;
            assert_eq!(thumb_p.len(), thumb.iter().product::<u32>() as usize);
            let want = 5 * if turned { N - 1 - i } else { i };
            assert!(usize::from(thumb_p[14 * 28 + 14]).abs_diff(want) <= 1, "row {i}: {} for {want}", thumb_p[14 * 28 + 14]);
        }
    }
}

#[test]
fn what_looks_like_rows_and_is_none_stays_what_it_was() {
    // Pictures row by row are smooth, whatever their range; rows as wide as a picture are not.
    let smooth = |i: usize| (0..256).map(move |p| ((p % 16) as f32 * 0.4 + i as f32 * 0.1).sin() * 7.0);
    let pictures: Vec<f32> = (0..N).flat_map(smooth).collect();
    let wild: Vec<f32> = (0..N * 256).map(|at| value(at / 256, at % 256) * 9.0 + 0.3).collect();
    for (values, vectors) in [(&pictures, false), (&wild, true)] {
        let source = read(&named(&[("x.npy", made::npy("<f4", &[N, 256], &made::floats(values)))]), &Wishes::default()).unwrap();
        assert_eq!(source.about().plan.vectors.is_some(), vectors);
    }
    // Labels of pictures, with a part behind the point.
    let soft: Vec<f32> = (0..N * 10).map(|at| value(at / 10, at % 10)).collect();
    let images = ("x.npy", made::npy("|u1", &[N, 8, 8], &made::images(N, 0)));
    let files = [images, ("y.npy", made::npy("<f4", &[N, 10], &made::floats(&soft)))];
    assert!(read(&named(&files), &Wishes::default()).unwrap().about().plan.vectors.is_none());
    // Either can be said.
    let role = |role| Wishes { roles: vec![Wanted { file: "x.npy".into(), role, part: None }], ..Wishes::default() };
    let one = |values: &[f32]| named(&[("x.npy", made::npy("<f4", &[N, 256], &made::floats(values)))]);
    assert!(read(&one(&pictures), &role(Role::Vectors)).unwrap().about().plan.vectors.is_some());
    assert!(read(&one(&wild), &role(Role::Images)).unwrap().about().plan.vectors.is_none());
}

#[test]
fn bad_rows_are_refused_in_a_sentence() {
    let npy = || made::npy("<f2", &[N, D], &halves());
    let short = csv().split(|b| *b == b'\n').take(20).collect::<Vec<_>>().join(&b'\n');
    let cut = tensors(&[("acts", "F32", &[N, D], made::floats(&rows()))]);
    for (files, words) in [
        (vec![("acts.npy", npy()), ("acts.csv", short)], "acts.csv has 10 rows, acts.npy has 40"),
        (vec![("acts.npy", npy()), ("acts.jsonl", b"{\"text\":1}\n{\"te".to_vec())], "acts.jsonl: line 2"),
        (vec![("acts.npy", made::npy("|O", &[N, D], &[0; 8]))], "Python objects"),
        (
            vec![("wide.npy", made::npy("<f4", &[2, 5000], &made::floats(&vec![0.5; 10_000])))],
            "5000 numbers are more than the 4096",
        ),
        (vec![("w.safetensors", tensors(&[("W_dec", "F32", &[4, 2], vec![0; 32])]))], "weights of a model"),
        (
            vec![("i.safetensors", tensors(&[("ids", "I64", &[4, 2], vec![0; 64])]))],
            "no tensor [n, d] of floats, but ids [4, 2] of I64",
        ),
        (vec![("a.safetensors", cut[..cut.len() - 8].to_vec())], "is it complete?"),
        (vec![("a.npy", npy()[..500].to_vec())], "ends before its"),
        (vec![("a.npy", made::npy("<f4", &[3, 2], &made::floats(&[f32::NAN; 6])))], "finite"),
    ] {
        let error = read(&named(&files), &Wishes::default()).err().unwrap_or_else(|| panic!("{words}: taken"));
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn they_are_packed_with_what_lies_beside_them() {
    let mut values = rows();
    values[5 * D + 3] = f32::NAN;
    let thumbs = made::npy("|u1", &[N, 8, 8], &(0..N).flat_map(|i| vec![5 * i as u8; 64]).collect::<Vec<_>>());
    let planted = made::npy("<f4", &[3, D], &made::floats(&rows()[..3 * D]));
    let acts = made::npy("<f4", &[N, D], &made::floats(&values));
    let files: Files = vec![("acts.npy", acts), ("acts.csv", csv()), ("pics.npy", thumbs), ("acts_planted.npy", planted)];
    let source = read(&named(&files), &Wishes::default()).unwrap();
    assert_eq!(brief(&source.about().plan), "train 36, test 4; label: 0 14, 1 13, 2 13");
    assert!(source.about().notes.iter().any(|n| n.contains("1 row has") && n.contains("row 5")), "{:?}", source.about().notes);
    let out = scratch("vectors");
    let (end, said) = celeba::run(&named(&files), &out, |_| {}).unwrap();
    assert_eq!((end.packed, end.skipped), (N as u64 - 1, 1));
    assert!(said[0].contains("acts.npy: row 5"), "{said:?}");
    let (meta, all) = celeba::read(&out);
    assert_eq!((meta.channels, meta.height, meta.width), (D as u32, 1, 1));
    let PackedVectors { normalize_activations, scaling_factor, texts, thumb, planted } = meta.vectors.clone().unwrap();
    assert_eq!((normalize_activations, texts, thumb, planted), (Normalise::ExpectedAverageOnlyIn, true, Some([28, 28, 1]), 3));
    assert!(std::fs::read_to_string(out.join(META)).unwrap().contains("\"normalize_activations\": \"expected_average_only_in\""));
    let texts = read_texts(&std::fs::read(out.join(texts_name(0))).unwrap(), N - 1).unwrap();
    let thumbs = std::fs::read(out.join(thumbs_name(0))).unwrap();
    assert_eq!(thumbs.len(), (N - 1) * 784);
    let places: Vec<usize> = (0..N).filter(|i| *i != 5).collect();
    for (at, (i, (_, factors_k, bytes))) in places.iter().zip(&all).enumerate() {
        assert_eq!((factors_k[0], &texts[at]), ((i % 3) as u8, &text(*i)));
        assert_eq!(usize::from(thumbs[at * 784 + 400]), 5 * i);
        let row = SampleShape::vector(D).floats(bytes);
        let close = |d: usize| (f64::from(row[d]) - f64::from(value(*i, d)) * scaling_factor).abs() < 4e-3;
        assert!((0..D).all(close), "row {i}");
    }
    // The engine's: test samples with what lies beside them, training samples in their order, at once or in pages.
    for (paged, bytes) in [(false, 1 << 20), (true, 8 * (2 * D as u64 + 1))] {
        let load = |id| {
            let files = OnDisk { folder: out.clone() };
            pollster::block_on(own::load(files, Own::parse(id).unwrap(), Room { bytes, paged }, |_, _| true)).map(Option::unwrap)
        };
        let Loaded { data, pages, .. } = load("acts:vectors").unwrap();
        assert_eq!((data.shape, data.train_labels.len(), data.info().beside), (SampleShape::vector(D), 35, true));
        let tests: Vec<usize> = (0..N).filter(|i| i % 10 == 9).collect();
        assert_eq!(data.beside.texts, tests.iter().map(|i| text(*i)).collect::<Vec<_>>());
        assert_eq!(
            data.beside.thumbs_np.chunks(784).map(|t| usize::from(t[400])).collect::<Vec<_>>(),
            tests.iter().map(|i| 5 * i).collect::<Vec<_>>()
        );
        let train: Vec<u8> =
            all.iter().filter(|(split, ..)| *split == Split::Train).flat_map(|(.., bytes)| bytes.clone()).collect();
        match pages {
            Some(pages) => assert_eq!(pollster::block_on(pages.read(3..30)).unwrap(), train[3 * 2 * D..30 * 2 * D]),
            None => assert_eq!(data.train_images, train),
        }
        assert_eq!(data.beside.planted_kd, rows()[..3 * D]);
        assert!(load("own:vectors").err().unwrap().contains("acts:vectors"));
    }
    // The same again is the same; another normalisation is another set.
    assert_eq!(celeba::run(&named(&files), &out, |_| {}).unwrap().0.packed, N as u64 - 1);
    assert!(Meta::from_json(&std::fs::read(out.join(META)).unwrap()).is_ok());
    let mut other = files;
    other[1].1 = made::replaced(csv(), b"row 7", b"row x");
    assert!(celeba::run(&named(&other), &out, |_| {}).is_err(), "other texts are another set");
}
