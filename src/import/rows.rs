//! The rows of a Parquet file, one after another, on disk or behind an address.

use std::rc::Rc;
use std::sync::Arc;

use ::parquet::basic::Compression;
use ::parquet::errors::{ParquetError, Result as ParquetResult};
use ::parquet::file::metadata::ParquetMetaData;
use ::parquet::file::reader::{ChunkReader, FileReader, Length, SerializedFileReader};
use ::parquet::record::Row;
use ::parquet::record::reader::{ReaderIter, TreeBuilder};
use ::parquet::schema::types::{SchemaDescriptor, Type};
use bytes::Bytes;
use send_wrapper::SendWrapper;

use super::read::{Cursor, Named, ReadAt, range};
use super::risky::caught;

/// Rows that are decoded together.
const BATCH: usize = 32;
/// Largest part of a file that is read at once.
const PART: usize = 256 << 20;

/// Our files as the library wants them. It asks for `Send`, but everything happens on one thread.
pub struct Chunks(SendWrapper<Rc<dyn ReadAt>>);

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.size()
    }
}

impl ChunkReader for Chunks {
    type T = Cursor;

    fn get_read(&self, start: u64) -> ParquetResult<Cursor> {
        Ok(Cursor::between(Rc::clone(&self.0), start, u64::MAX))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if length > PART {
            return Err(ParquetError::General(format!("a part of {} MB", length >> 20)));
        }
        Ok(Bytes::from(range(&**self.0, start, length)?))
    }
}

/// Some columns of a table, row by row.
pub struct Rows {
    name: String,
    reader: SerializedFileReader<Chunks>,
    schema: Arc<SchemaDescriptor>,
    /// Rows before each row group, and all rows at the end.
    starts: Vec<u64>,
    rows: Option<ReaderIter>,
    /// The row that comes next.
    at: u64,
}

impl Rows {
    /// Reads what the file says of itself: no row.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn reader(file: &Named) -> Result<SerializedFileReader<Chunks>, String> {
        file.genuine()?;
        let wrong = |e: &dyn std::fmt::Display| format!("{}: this is no readable Parquet file: {e}", file.name);
        let reader = || SerializedFileReader::new(Chunks(SendWrapper::new(file.file.clone()))).map_err(|e| wrong(&e));
        caught(&file.name, reader).unwrap_or_else(|| Err(wrong(&"its index is damaged")))
    }

    /// The columns of these names.
    ///
    /// # Errors
    /// Names the file and what it lacks.
    pub fn of(file: &Named, reader: SerializedFileReader<Chunks>, names: &[&str]) -> Result<Self, String> {
        let named = |e: String| format!("{}: {e}", file.name);
        let wrong = |e: &str| named(format!("this is no readable Parquet file: {e}"));
        let metadata = reader.metadata();
        readable(metadata).map_err(named)?;
        let projection = projection(metadata, names).map_err(named)?;
        let mut starts = vec![0u64];
        for group in metadata.row_groups() {
            let rows = u64::try_from(group.num_rows()).map_err(|_| wrong("a row group of less than no rows"))?;
            let end = starts[starts.len() - 1].checked_add(rows).filter(|n| *n < 1 << 40);
            starts.push(end.ok_or_else(|| wrong("too many rows"))?);
        }
        if starts[starts.len() - 1] == 0 {
            return Err(named("the table has no rows".into()));
        }
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(projection)));
        Ok(Self { name: file.name.clone(), reader, schema, starts, rows: None, at: 0 })
    }

    /// Rows that there are.
    pub fn count(&self) -> u64 {
        self.starts[self.starts.len() - 1]
    }

    /// Goes to the row group that a row is in.
    fn seek(&mut self, place: u64) -> Result<(), String> {
        let group = self.starts.partition_point(|s| *s <= place).saturating_sub(1);
        let reader = self.reader.get_row_group(group).map_err(|e| e.to_string())?;
        let tree = TreeBuilder::new().with_batch_size(BATCH);
        self.rows = Some(tree.as_iter(self.schema.clone(), &*reader).map_err(|e| e.to_string())?);
        self.at = self.starts[group];
        Ok(())
    }

    fn next(&mut self, place: u64) -> Result<Row, String> {
        let group = |row: u64| self.starts.partition_point(|s| *s <= row);
        // A reader goes forth within its row group; one that has just ended it still counts as in it.
        if self.rows.is_none() || place < self.at || group(place) != group(self.at.saturating_sub(1)) {
            self.seek(place)?;
        }
        loop {
            let rows = self.rows.as_mut().expect("the reader stands in a row group");
            let row = rows.next().ok_or("the row group ends before it should")?.map_err(|e| e.to_string())?;
            self.at += 1;
            if self.at > place {
                return Ok(row);
            }
        }
    }

    /// The row at a place.
    ///
    /// # Errors
    /// Names the file and the row.
    pub fn row(&mut self, place: u64) -> Result<Row, String> {
        // The library trusts what stands in pages: damage there is a panic of its own.
        let name = self.name.clone();
        let row = caught(&name, || self.next(place)).unwrap_or_else(|| {
            self.rows = None;
            Err("its page is damaged; leave this file out, and bring the others without it".into())
        });
        row.map_err(|e| format!("{name}: row {place}: {e}"))
    }
}

/// Refuses what nothing here unpacks, before any row is read.
fn readable(metadata: &ParquetMetaData) -> Result<(), String> {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    for codec in columns.map(|c| c.compression()) {
        let name = match codec {
            Compression::LZO => "LZO",
            Compression::ZSTD(_) if cfg!(target_arch = "wasm32") => "Zstandard",
            Compression::BROTLI(_) if cfg!(target_arch = "wasm32") => "Brotli",
            Compression::LZ4 | Compression::LZ4_RAW if cfg!(target_arch = "wasm32") => "LZ4",
            _ => continue,
        };
        let natively = if codec == Compression::LZO { "" } else { ", or use `cargo lab pack`" };
        return Err(format!("the table is packed by {name}, which is not read here: write it with Snappy or gzip{natively}"));
    }
    Ok(())
}

/// The schema's part that is read.
fn projection(metadata: &ParquetMetaData, names: &[&str]) -> Result<Type, String> {
    let root = metadata.file_metadata().schema_descr().root_schema();
    let fields = names.iter().filter_map(|name| root.get_fields().iter().find(|f| f.name() == *name).cloned()).collect();
    Type::group_type_builder(root.name()).with_fields(fields).build().map_err(|e| e.to_string())
}
