//! Archives and arrays like the real ones, made for tests. What is in an image follows from its number, so that a test can
//! tell whether an image and its attributes still belong together.

use std::io::{Cursor, Write};
use std::path::Path;

use jpeg_encoder::{ColorType, Encoder};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Attributes of the archives made here.
pub const ATTRIBUTES: [&str; 5] = ["5_o_Clock_Shadow", "Bald", "Eyeglasses", "Smiling", "Young"];

/// The colour in the middle of image `i`.
pub fn colour(i: u32) -> [u8; 3] {
    [(i * 37 % 256) as u8, (i * 91 % 256) as u8, (i * 17 % 256) as u8]
}

/// Whether image `i` has attribute `k`.
pub fn has(i: u32, k: usize) -> bool {
    i >> k & 1 == 1
}

/// The official split of image `i` of `n`, in CelebA's proportions.
pub fn split(i: u32, n: u32) -> u8 {
    match f64::from(i) / f64::from(n) {
        part if part <= 0.8 => 0,
        part if part <= 0.9 => 1,
        _ => 2,
    }
}

/// Image `i` as CelebA has it, 178 × 218: its colour on a ground of another.
pub fn face(i: u32) -> Vec<u8> {
    let (middle, ground) = (colour(i), colour(i + 1));
    let mut rgb = Vec::with_capacity(178 * 218 * 3);
    for y in 0..218 {
        for x in 0..178 {
            let inside = (y - 109i32).pow(2) + (x - 89i32).pow(2) < 60 * 60;
            rgb.extend(if inside { middle } else { ground });
        }
    }
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 92).encode(&rgb, 178, 218, ColorType::Rgb).expect("a JPEG");
    jpeg
}

/// An archive of files, deflated.
pub fn zip(files: impl Iterator<Item = (String, Vec<u8>)>, large: bool) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(large);
    written(files, options)
}

/// An archive in which files lie as they are.
pub fn stored(files: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    written(files, SimpleFileOptions::default().compression_method(CompressionMethod::Stored))
}

fn written(files: impl Iterator<Item = (String, Vec<u8>)>, options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(name, options).expect("a file in an archive");
        writer.write_all(&bytes).expect("memory takes it");
    }
    writer.finish().expect("an archive").into_inner()
}

/// `list_attr_celeba.txt` for images 1 to `n`.
pub fn attributes(n: u32) -> String {
    let mut text = format!("{n}\n{} \n", ATTRIBUTES.join(" "));
    for i in 1..=n {
        let row: Vec<&str> = (0..ATTRIBUTES.len()).map(|k| if has(i, k) { " 1" } else { "-1" }).collect();
        text += &format!("{i:06}.jpg {}\n", row.join(" "));
    }
    text
}

/// `list_eval_partition.txt` for images 1 to `n`.
pub fn partition(n: u32) -> String {
    (1..=n).map(|i| format!("{i:06}.jpg {}\n", split(i, n))).collect()
}

/// The three files of a small CelebA.
pub fn celeba(folder: &Path, n: u32) {
    let images = (1..=n).map(|i| (format!("img_align_celeba/{i:06}.jpg"), face(i)));
    std::fs::write(folder.join("img_align_celeba.zip"), zip(images, false)).expect("writable");
    std::fs::write(folder.join("list_attr_celeba.txt"), attributes(n)).expect("writable");
    std::fs::write(folder.join("list_eval_partition.txt"), partition(n)).expect("writable");
}

/// An `.npy` file.
pub fn npy(descr: &str, shape: &[usize], values: &[u8]) -> Vec<u8> {
    let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({},), }}", shape.join(", "));
    let mut out = b"\x93NUMPY\x01\0".to_vec();
    out.extend((text.len() as u16).to_le_bytes());
    out.extend(text.as_bytes());
    out.extend(values);
    out
}

/// A picture of one colour in any format that is read.
pub fn plain(format: image::ImageFormat, rgb: [u8; 3], side: u32) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    if format == image::ImageFormat::Png {
        let mut encoder = png::Encoder::new(&mut out, side, side);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().expect("a header").write_image_data(&rgb.repeat((side * side) as usize)).expect("a picture");
        return out.into_inner();
    }
    image::RgbImage::from_pixel(side, side, image::Rgb(rgb)).write_to(&mut out, format).expect("a picture");
    out.into_inner()
}

/// A grey PNG of one colour.
pub fn dot(value: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().expect("a header").write_image_data(&[value; 64]).expect("a picture");
    out
}

/// A grey PNG of 16 bits and one value.
pub fn deep(value: u16) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Sixteen);
    encoder.write_header().expect("a header").write_image_data(&value.to_be_bytes().repeat(64)).expect("a picture");
    out
}

/// An IDX file of bytes.
pub fn idx(dims: &[u32], values: &[u8]) -> Vec<u8> {
    let mut out = (0x0800 + dims.len() as u32).to_be_bytes().to_vec();
    out.extend(dims.iter().flat_map(|d| d.to_be_bytes()));
    out.extend(values);
    out
}

/// `n` grey images of 8 × 8 pixels, which count from `first`.
pub fn images(n: usize, first: u8) -> Vec<u8> {
    (0..n).flat_map(|i| [first + i as u8; 64]).collect()
}

/// The bytes of numbers.
pub fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

pub fn longs(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// The bytes of `from` replaced by `to`, which is as long, wherever they stand.
pub fn replaced(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    for at in 0..=bytes.len().saturating_sub(from.len()) {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    bytes
}

/// A table of pictures with a label each.
pub fn parquet(rows: &[(Vec<u8>, i32)], compression: parquet::basic::Compression) -> Vec<u8> {
    use parquet::data_type::{ByteArray, ByteArrayType, Int32Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    let schema = "message t { required group image { required binary bytes; required binary path (UTF8); } required int32 label; }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let properties = Arc::new(WriterProperties::builder().set_compression(compression).build());
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, properties).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    let bytes: Vec<ByteArray> = rows.iter().map(|(b, _)| b.clone().into()).collect();
    let paths: Vec<ByteArray> = (0..rows.len()).map(|i| format!("{i}.png").as_str().into()).collect();
    let labels: Vec<i32> = rows.iter().map(|(_, l)| *l).collect();
    for values in [Some(&bytes), Some(&paths), None] {
        let mut column = group.next_column().expect("readable").expect("a column");
        match values {
            Some(values) => column.typed::<ByteArrayType>().write_batch(values, None, None).expect("values"),
            None => column.typed::<Int32Type>().write_batch(&labels, None, None).expect("values"),
        };
        column.close().expect("a column");
    }
    group.close().expect("a group");
    writer.close().expect("a table");
    out
}
