//! A table of images in a Parquet file, on disk or behind an address: the way public mirrors keep data sets. A column has a
//! structure of `bytes` (a picture file) and `path`, or the bytes alone; other columns with few values become factors.

use ::parquet::basic::{ConvertedType, Type as Physical};
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::FileReader;
use ::parquet::file::statistics::Statistics;
use ::parquet::record::Field;
use ::parquet::schema::types::Type;

use latent_packed::PackedFactor;
use latent_vocabulary::import::Crop;
use latent_vocabulary::plan::Plan;

use super::read::Named;
use super::rows::Rows;
use super::source::{About, Fault, Item, Raw, Source, default_split};

/// What the column with the images is called.
const IMAGE: [&str; 6] = ["image", "img", "picture", "jpg", "jpeg", "png"];
/// Most values of a factor; a column with more is left out.
const VALUES: i64 = 256;
/// The factor that gives the labels where there is one called so.
const LABELS: [&str; 3] = ["label", "Smiling", "Male"];

/// A column that is a factor: the value of its first name, and what each row's number is less it.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    low: i64,
    /// From one name to the next.
    step: i64,
    values: Vec<String>,
}

pub struct Mirror {
    about: About,
    name: String,
    rows: Rows,
    columns: Vec<Column>,
    /// Name of the column with the images.
    image: String,
}

impl Mirror {
    /// Reads what the file says of itself: no row.
    ///
    /// # Errors
    /// Names the file and what it lacks.
    pub fn open(file: &Named) -> Result<Self, String> {
        let reader = Rows::reader(file)?;
        let metadata = reader.metadata();
        let columns = columns(metadata);
        let image = image(metadata).map_err(|e| format!("{}: {e}", file.name))?;
        let names: Vec<&str> = std::iter::once(&*image).chain(columns.iter().map(|c| &*c.name)).collect();
        let rows = Rows::of(file, reader, &names)?;
        let items = rows.count();
        let label = LABELS.iter().find_map(|l| columns.iter().position(|c| c.name == *l)).unwrap_or(0);
        let faces = columns.iter().any(|c| c.name == "Eyeglasses");
        let title = if faces { "CelebA (mirror)" } else { file.base().trim_end_matches(".parquet") };
        let about = About {
            what: "a Parquet table of images".into(),
            title: title.into(),
            credit: if faces {
                "CelebA: Liu, Luo, Wang and Tang, 2015; for non-commercial research only."
            } else {
                "From a Parquet table."
            }
            .into(),
            items,
            factors: columns.iter().map(|c| PackedFactor { name: c.name.clone(), values: c.values.clone() }).collect(),
            label,
            notes: Vec::new(),
            crop: if faces { Crop::Square(148) } else { Crop::Middle },
            sheet: false,
            vectors: None,
            planted_kd: Vec::new(),
            // The end has the index and is there already: more would be asked of a server.
            fingerprint: format!("parquet {} {}", file.name, file.mark(1)?),
            plan: Plan::default(),
        };
        Ok(Self { about, name: file.name.clone(), rows, columns, image })
    }
}

/// Columns of truth values and of whole numbers in a small range, by what the file says of their least and largest.
fn columns(metadata: &ParquetMetaData) -> Vec<Column> {
    let schema = metadata.file_metadata().schema_descr();
    let found = (0..schema.num_columns()).filter_map(|i| {
        let column = schema.column(i);
        // Only columns of the table itself.
        let [name] = column.path().parts() else { return None };
        if column.max_def_level() > 1 || column.max_rep_level() > 0 {
            return None;
        }
        let name = name.clone();
        if column.physical_type() == Physical::BOOLEAN {
            return Some(Column { values: vec![format!("not {name}"), name.clone()], name, low: 0, step: 1 });
        }
        let ranges = metadata.row_groups().iter().map(|group| least_and_largest(group.column(i).statistics()));
        let (low, high) = ranges.collect::<Option<Vec<_>>>()?.into_iter().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        if (low, high) == (-1, 1) {
            return Some(Column { values: vec![format!("not {name}"), name.clone()], name, low, step: 2 });
        }
        let values: Vec<String> =
            if high.checked_sub(low)? < VALUES { (low..=high).map(|v| v.to_string()).collect() } else { return None };
        (values.len() > 1).then_some(Column { name, low, step: 1, values })
    });
    found.collect()
}

fn least_and_largest(statistics: Option<&Statistics>) -> Option<(i64, i64)> {
    match statistics? {
        Statistics::Int32(s) => Some((i64::from(*s.min_opt()?), i64::from(*s.max_opt()?))),
        Statistics::Int64(s) => Some((*s.min_opt()?, *s.max_opt()?)),
        _ => None,
    }
}

/// Whether a column has picture files: a structure with their bytes, or bytes that are no text.
fn has_pictures(field: &Type) -> bool {
    let bytes = |f: &Type| f.is_primitive() && f.get_physical_type() == Physical::BYTE_ARRAY;
    if field.is_group() {
        return field.get_fields().iter().any(|f| f.name() == "bytes" && bytes(f));
    }
    let info = field.get_basic_info();
    bytes(field) && info.logical_type_ref().is_none() && info.converted_type() == ConvertedType::NONE
}

/// The name of the column with the images: one called so, or the first that has picture files.
fn image(metadata: &ParquetMetaData) -> Result<String, String> {
    let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
    let named = IMAGE.iter().find_map(|name| fields.iter().find(|f| f.name() == *name && has_pictures(f)));
    let found = named.or_else(|| fields.iter().find(|f| f.is_group() && has_pictures(f)));
    found.map(|f| f.name().to_owned()).ok_or_else(|| {
        let there: Vec<&str> = fields.iter().map(|f| f.name()).take(12).collect();
        format!("the table has no column `image` with a structure of `bytes` and `path`; its columns are {}", there.join(", "))
    })
}

fn whole(field: &Field) -> Option<i64> {
    Some(match field {
        Field::Bool(v) => i64::from(*v),
        Field::Byte(v) => i64::from(*v),
        Field::Short(v) => i64::from(*v),
        Field::Int(v) => i64::from(*v),
        Field::Long(v) => *v,
        Field::UByte(v) => i64::from(*v),
        Field::UShort(v) => i64::from(*v),
        Field::UInt(v) => i64::from(*v),
        Field::ULong(v) => i64::try_from(*v).ok()?,
        _ => return None,
    })
}

impl Source for Mirror {
    fn about(&self) -> &About {
        &self.about
    }

    fn item(&mut self, place: u64) -> Result<Item, Fault> {
        let row = self.rows.row(place).map_err(Fault::Stop)?;
        let skip = |what: &str| Fault::Skip(format!("{}: row {place} {what}", self.name));
        let (mut file, mut name, mut factors_k) = (None, None, vec![None; self.columns.len()]);
        for (column, field) in row.into_columns() {
            match field {
                Field::Bytes(bytes) if column == self.image => file = Some(bytes.data().to_vec()),
                Field::Group(image) if column == self.image => {
                    for (part, field) in image.into_columns() {
                        match (part.as_str(), field) {
                            ("bytes", Field::Bytes(bytes)) => file = Some(bytes.data().to_vec()),
                            ("path", Field::Str(path)) => name = Some(path),
                            _ => {}
                        }
                    }
                }
                field => {
                    if let Some(k) = self.columns.iter().position(|c| c.name == column) {
                        let Column { low, step, values, .. } = &self.columns[k];
                        let index = whole(&field).map(|v| (v - low) / step).filter(|i| (0..values.len() as i64).contains(i));
                        factors_k[k] = index.map(|i| i as u8);
                    }
                }
            }
        }
        let file = file.ok_or_else(|| skip("has no image"))?;
        let factors_k = factors_k.into_iter().collect::<Option<Vec<u8>>>().ok_or_else(|| skip("lacks a value"))?;
        let name = name.unwrap_or_else(|| format!("row {place}"));
        Ok(Item { name: format!("{}: {name}", self.name), raw: Raw::File(file), split: default_split(place), factors_k })
    }
}
