//! Rows of numbers in a Parquet file: a column of lists, all of one length.

use ::parquet::basic::{LogicalType, Type as Physical};
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::FileReader;
use ::parquet::record::Field;
use ::parquet::schema::types::Type;

use super::lines::Lines;
use super::numbers::Table;
use crate::read::Named;
use crate::rows::Rows;

/// A column of lists of numbers, with the columns beside it.
pub struct Lists {
    name: String,
    rows: Rows,
    column: String,
    dims: usize,
    kind: String,
    beside: Lines,
}

/// Whether a column has lists of floats.
fn has_lists(field: &Type) -> Option<Physical> {
    let mut at = field;
    // A list is a group of a repeated group of the element; or a repeated element.
    while at.is_group() {
        let [inner] = at.get_fields() else { return None };
        at = inner;
    }
    let half = at.get_physical_type() == Physical::FIXED_LEN_BYTE_ARRAY
        && matches!(at.get_basic_info().logical_type_ref(), Some(LogicalType::Float16));
    let float = matches!(at.get_physical_type(), Physical::FLOAT | Physical::DOUBLE) || half;
    (field.is_group() && float).then(|| at.get_physical_type())
}

/// The name of the first column with lists of floats.
fn column(metadata: &ParquetMetaData) -> Option<(String, Physical)> {
    let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
    fields.iter().find_map(|f| Some((f.name().to_owned(), has_lists(f)?)))
}

/// Columns with a text or a number of each row.
fn others(metadata: &ParquetMetaData) -> Vec<String> {
    let fields = metadata.file_metadata().schema_descr().root_schema().get_fields();
    fields.iter().filter(|f| f.is_primitive()).map(|f| f.name().to_owned()).collect()
}

fn number(field: &Field) -> Option<f32> {
    match field {
        Field::Float(v) => Some(*v),
        Field::Double(v) => Some(*v as f32),
        Field::Float16(v) => Some(v.to_f32()),
        _ => None,
    }
}

fn numbers(field: &Field, out_d: &mut Vec<f32>) -> bool {
    out_d.clear();
    match field {
        Field::ListInternal(list) => {
            out_d.extend(list.elements().iter().map_while(number));
            out_d.len() == list.elements().len()
        }
        _ => false,
    }
}

impl Lists {
    /// `None` where the file has no column of lists.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(file: &Named) -> Result<Option<Self>, String> {
        let reader = Rows::reader(file)?;
        let Some((column, physical)) = column(reader.metadata()) else { return Ok(None) };
        let others = others(reader.metadata());
        let names: Vec<&str> = std::iter::once(&*column).chain(others.iter().map(String::as_str)).collect();
        let mut rows = Rows::of(file, reader, &names)?;
        let mut row_d = Vec::new();
        for (name, field) in rows.row(0)?.into_columns() {
            if name == column && !numbers(&field, &mut row_d) {
                return Err(format!("{}: row 0: {column} is no list of numbers", file.name));
            }
        }
        let kind = format!("Parquet table [{}, {}] of {physical}", rows.count(), row_d.len());
        let beside = Lines { columns: vec![Vec::new(); others.len()], names: others };
        Ok(Some(Self { name: file.name.clone(), rows, column, dims: row_d.len(), kind, beside }))
    }
}

impl Table for Lists {
    fn place(&self) -> String {
        self.name.clone()
    }

    fn rows(&self) -> u64 {
        self.rows.count()
    }

    fn dims(&self) -> usize {
        self.dims
    }

    fn kind(&self) -> String {
        self.kind.clone()
    }

    fn row(&mut self, place: u64, out_d: &mut Vec<f32>) -> Result<(), String> {
        out_d.clear();
        for (name, field) in self.rows.row(place)?.into_columns() {
            if name == self.column {
                if !numbers(&field, out_d) || out_d.len() != self.dims {
                    return Err(format!("{}: row {place}: {name} is no list of {} numbers", self.name, self.dims));
                }
            } else if let Some(i) = self.beside.names.iter().position(|n| *n == name)
                && self.beside.columns[i].len() as u64 == place
            {
                let text = match field {
                    Field::Null => String::new(),
                    Field::Str(text) => text,
                    other => other.to_string(),
                };
                self.beside.columns[i].push(text);
            }
        }
        Ok(())
    }

    fn beside(&mut self) -> Option<Lines> {
        let whole = self.beside.rows() as u64 == self.rows.count();
        (whole && !self.beside.names.is_empty()).then(|| std::mem::take(&mut self.beside))
    }
}
