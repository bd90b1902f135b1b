//! Messages and operations as [Parquet](https://parquet.apache.org) files, typed.
//!
//! The columns are those of the CSV tables: times are 64-bit integers, nanoseconds since the
//! start of the run (`…_ns`); names are strings in dictionaries; values and bodies are JSON
//! text; what is not known is null. Text is what nodes wrote, to the letter. A row group ends
//! at [`ROWS`] rows or [`BYTES`] of text, so memory is bounded by one group, whatever the run.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::Source;
use super::csv::fate;

/// At most so many rows are in a group.
pub const ROWS: usize = 128 * 1024;
/// A group ends once its text has so many bytes.
pub const BYTES: usize = 64 << 20;

/// What a column holds.
#[derive(Clone, Copy)]
enum Kind {
    Whole,
    Flag,
    Text,
    Json,
}

/// A column of a row group in the making.
enum Values {
    Whole(Vec<Option<i64>>),
    Flag(Vec<Option<bool>>),
    Text(Vec<Option<ByteArray>>),
}

/// A value of a row.
enum Field<'a> {
    Whole(Option<u64>),
    Flag(bool),
    Text(Option<&'a str>),
}

/// Writes all messages and copies, a row each; gives their number.
///
/// # Errors
/// What reading bodies and writing give.
pub fn messages(source: &Source, out: impl Write + Send) -> Result<u64> {
    use Kind::{Flag, Json, Text, Whole};
    let columns = [
        ("id", Whole),
        ("copy", Flag),
        ("sent_ns", Whole),
        ("ended_ns", Whole),
        ("src", Text),
        ("dest", Text),
        ("type", Text),
        ("bytes", Whole),
        ("fate", Text),
        ("why", Text),
        ("fault", Text),
        ("in_reply_to", Whole),
        ("body", Json),
    ];
    let mut table = Table::new("messages", &columns, out)?;
    let messages = &source.messages;
    for row in source.rows() {
        let (word, why, fault) = fate(source, row.fate);
        let body = messages.body(row)?;
        let cause = messages.rows.get(row.cause as usize);
        table.row([
            Field::Whole(Some(row.id)),
            Field::Flag(row.copy),
            Field::Whole(Some(row.sent)),
            Field::Whole(row.ended),
            Field::Text(Some(messages.end(row.src))),
            Field::Text(Some(messages.end(row.dest))),
            Field::Text(Some(&messages.kinds[row.kind as usize])),
            Field::Whole(body.as_ref().map(|_| u64::from(row.size))),
            Field::Text(Some(word)),
            Field::Text(why),
            Field::Text(fault),
            Field::Whole(cause.map(|cause| cause.id)),
            Field::Text(body.as_deref()),
        ])?;
    }
    table.finish()
}

/// Writes all operations, a row each; gives their number.
///
/// # Errors
/// What writing gives.
pub fn history(source: &Source, out: impl Write + Send) -> Result<u64> {
    use Kind::{Flag, Json, Text, Whole};
    let columns = [
        ("op", Whole),
        ("process", Whole),
        ("client", Text),
        ("node", Text),
        ("f", Text),
        ("invoked_ns", Whole),
        ("completed_ns", Whole),
        ("completion", Text),
        ("recovery", Flag),
        ("error", Text),
        ("story", Text),
        ("input", Json),
        ("output", Json),
    ];
    let mut table = Table::new("history", &columns, out)?;
    let all = &source.operations;
    for one in source.operations() {
        let (error, story) = one
            .error
            .as_ref()
            .map(|(error, story)| (&**error, &**story))
            .unzip();
        table.row([
            Field::Whole(Some(one.op as u64)),
            Field::Whole(Some(one.process)),
            Field::Text(Some(&one.client)),
            Field::Text(Some(&one.node)),
            Field::Text(Some(&one.f)),
            Field::Whole(Some(one.invoked)),
            Field::Whole(one.completed),
            Field::Text(Some(one.completion.word())),
            Field::Flag(one.recovery),
            Field::Text(error),
            Field::Text(story),
            Field::Text(Some(all.input(one))),
            Field::Text(Some(all.output(one)).filter(|output| !output.is_empty())),
        ])?;
    }
    table.finish()
}

/// A file in the making: a row group at a time.
struct Table<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Values>,
    rows: usize,
    bytes: usize,
    written: u64,
}

impl<W: Write + Send> Table<W> {
    fn new(name: &str, columns: &[(&str, Kind)], out: W) -> Result<Table<W>> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(concat!("swelkie ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let values = |&(_, kind): &(&str, Kind)| match kind {
            Kind::Whole => Values::Whole(Vec::new()),
            Kind::Flag => Values::Flag(Vec::new()),
            Kind::Text | Kind::Json => Values::Text(Vec::new()),
        };
        Ok(Table {
            file: SerializedFileWriter::new(out, schema(name, columns)?, Arc::new(properties))?,
            columns: columns.iter().map(values).collect(),
            rows: 0,
            bytes: 0,
            written: 0,
        })
    }

    fn row<const N: usize>(&mut self, fields: [Field; N]) -> Result<()> {
        for (column, field) in self.columns.iter_mut().zip(fields) {
            match (column, field) {
                (Values::Whole(column), Field::Whole(value)) => {
                    column.push(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)));
                }
                (Values::Flag(column), Field::Flag(value)) => column.push(Some(value)),
                (Values::Text(column), Field::Text(value)) => {
                    self.bytes += value.map_or(0, str::len);
                    column.push(value.map(ByteArray::from));
                }
                _ => unreachable!("rows are as wide and of the kinds as the columns say"),
            }
        }
        self.rows += 1;
        if self.rows >= ROWS || self.bytes >= BYTES {
            self.end_group()?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            match column {
                Values::Whole(values) => write::<Int64Type>(&mut group, values)?,
                Values::Flag(values) => write::<BoolType>(&mut group, values)?,
                Values::Text(values) => write::<ByteArrayType>(&mut group, values)?,
            }
        }
        group.close()?;
        self.written += self.rows as u64;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }

    fn finish(mut self) -> Result<u64> {
        if self.rows > 0 {
            self.end_group()?;
        }
        self.file.into_inner()?.flush()?;
        Ok(self.written)
    }
}

fn schema(name: &str, columns: &[(&str, Kind)]) -> Result<TypePtr> {
    let column = |&(name, kind): &(&str, Kind)| {
        let (physical, logical) = match kind {
            Kind::Whole => (Physical::INT64, None),
            Kind::Flag => (Physical::BOOLEAN, None),
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        };
        let builder = Type::primitive_type_builder(name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical);
        Ok(Arc::new(builder.build()?))
    };
    let columns = columns.iter().map(column).collect::<Result<Vec<_>>>()?;
    let root = Type::group_type_builder(name).with_fields(columns);
    Ok(Arc::new(root.build()?))
}

/// Writes the next column and empties it; what is none is null.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    values: &mut Vec<Option<T::T>>,
) -> Result<()> {
    let present: Vec<i16> = values
        .iter()
        .map(|value| i16::from(value.is_some()))
        .collect();
    let there: Vec<T::T> = values.drain(..).flatten().collect();
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| ParquetError::General("too many columns".to_owned()))?;
    column
        .typed::<T>()
        .write_batch(&there, Some(&present), None)?;
    column.close()
}
