//! All figures of all cells as a Parquet file: the rows of [`csv`](super::table::csv()), typed.
//!
//! A column of text for each label, `figure`, then `value`, `low`, `high` (doubles; an end
//! that trials leave open is null, so is a label that a cell does not have) and `trials`
//! (an integer). One row group without compression: a page of numbers, read at once by
//! DuckDB, pandas, polars or Arrow.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::estimate::Estimate;
use super::interval::Confidence;
use super::measure::Figure;
use super::result::CellResult;
use super::table::labels;

/// Writes all figures of all cells: a row for each cell and figure.
///
/// # Errors
/// If `out` does not take it, or a label is called like a column of ours.
pub fn figures(
    results: &[CellResult],
    confidence: Confidence,
    out: impl Write + Send,
) -> Result<()> {
    let names = labels(results);
    let rows: Vec<(&CellResult, Figure, Estimate)> = results
        .iter()
        .flat_map(|result| Figure::all().map(move |figure| (result, figure)))
        .filter_map(|(result, figure)| Some((result, figure, result.estimate(figure, confidence)?)))
        .collect();
    let properties = Arc::new(WriterProperties::builder().build());
    let mut file = SerializedFileWriter::new(out, schema(&names)?, properties)?;
    let mut group = file.next_row_group()?;
    for name in &names {
        let values = rows
            .iter()
            .map(|(result, ..)| result.label(name).map(ByteArray::from));
        column::<ByteArrayType>(&mut group, values)?;
    }
    let figures = rows.iter().map(|row| Some(ByteArray::from(row.1.name())));
    column::<ByteArrayType>(&mut group, figures)?;
    let finite = |number: f64| Some(number).filter(|number| number.is_finite());
    for of in [
        (|estimate| estimate.value) as fn(&Estimate) -> f64,
        |estimate| estimate.interval.low,
        |estimate| estimate.interval.high,
    ] {
        column::<DoubleType>(&mut group, rows.iter().map(|row| finite(of(&row.2))))?;
    }
    let trials = rows.iter().map(|row| i64::try_from(row.2.trials).ok());
    column::<Int64Type>(&mut group, trials)?;
    group.close()?;
    file.into_inner()?.flush()?;
    Ok(())
}

fn schema(names: &[String]) -> Result<TypePtr> {
    const OURS: [&str; 5] = ["figure", "value", "low", "high", "trials"];
    if let Some(name) = names.iter().find(|name| OURS.contains(&name.as_str())) {
        let text = format!("a label is called `{name}`, which is a column of every such file");
        return Err(ParquetError::General(text));
    }
    let text = |name: &str| primitive(name, Physical::BYTE_ARRAY, Some(LogicalType::String));
    let mut columns: Vec<TypePtr> = names.iter().map(|name| text(name)).collect::<Result<_>>()?;
    columns.push(text("figure")?);
    for name in ["value", "low", "high"] {
        columns.push(primitive(name, Physical::DOUBLE, None)?);
    }
    columns.push(primitive("trials", Physical::INT64, None)?);
    let root = Type::group_type_builder("figures").with_fields(columns);
    Ok(Arc::new(root.build()?))
}

fn primitive(name: &str, physical: Physical, logical: Option<LogicalType>) -> Result<TypePtr> {
    let builder = Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical);
    Ok(Arc::new(builder.build()?))
}

/// Writes the next column; what is none is null.
fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, impl Write + Send>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let (mut there, mut present) = (Vec::new(), Vec::new());
    for value in values {
        present.push(i16::from(value.is_some()));
        there.extend(value);
    }
    let column = group.next_column()?;
    let mut column = column.ok_or_else(|| ParquetError::General("too many columns".to_owned()))?;
    column
        .typed::<T>()
        .write_batch(&there, Some(&present), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use bytes::Bytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::{Field, Row};

    use super::*;
    use crate::lab::experiment::Experiment;
    use crate::lab::runner;

    fn play(text: &str) -> Vec<CellResult> {
        let experiment = Experiment::parse("test", text, Path::new(".")).expect("an experiment");
        let stop = AtomicBool::new(false);
        let play = |cell| runner::play(cell, 0, &experiment, &stop, &()).expect("played");
        experiment.cells.iter().filter_map(play).collect()
    }

    fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
        let found = row.get_column_iter().find(|column| column.0 == name);
        found.expect("the column").1
    }

    #[test]
    fn what_is_written_is_read_back_with_nulls_where_nothing_is_known() {
        let results = play(
            "trials = { most = 5 }\n[all]\nstrategy = \"flood\"\n[[cells]]\nnodes = [3, 4]\n\
             [[cells]]\nnodes = 5\nloss = \"50%\"\n",
        );
        let mut file = Vec::new();
        figures(&results, Confidence::P95, &mut file).expect("written");
        let reader = SerializedFileReader::new(Bytes::from(file)).expect("a Parquet file");
        let rows: Vec<Row> = reader
            .get_row_iter(None)
            .expect("rows")
            .map(|row| row.expect("a row"))
            .collect();
        let mut at = rows.iter();
        for result in &results {
            for figure in Figure::all() {
                let Some(estimate) = result.estimate(figure, Confidence::P95) else {
                    continue;
                };
                let row = at.next().expect("a row for each cell and figure");
                let text = |text: Option<&str>| {
                    text.map_or(Field::Null, |text| Field::Str(text.to_owned()))
                };
                let number = |number: f64| match number.is_finite() {
                    true => Field::Double(number),
                    false => Field::Null,
                };
                assert_eq!(*field(row, "nodes"), text(result.label("nodes")));
                assert_eq!(*field(row, "loss"), text(result.label("loss")));
                assert_eq!(*field(row, "figure"), text(Some(figure.name())));
                assert_eq!(*field(row, "value"), number(estimate.value));
                assert_eq!(*field(row, "low"), number(estimate.interval.low));
                assert_eq!(*field(row, "high"), number(estimate.interval.high));
                let trials = i64::try_from(estimate.trials).expect("few");
                assert_eq!(*field(row, "trials"), Field::Long(trials));
            }
        }
        assert_eq!(at.next(), None);
        assert!(rows.iter().any(|row| *field(row, "loss") == Field::Null));
    }

    #[test]
    fn a_label_called_like_a_column_is_refused_by_name() {
        let mut results = play("all = { strategy = \"flood\", nodes = 3 }\ntrials = { most = 2 }");
        results[0].labels = vec![("value".to_owned(), "1".to_owned())];
        let error = figures(&results, Confidence::P95, Vec::new()).expect_err("refused");
        assert!(error.to_string().contains("`value`"), "{error}");
    }
}
