//! The assignment problem.

/// For each row of a matrix of gains, row-major, shape `[rows, columns]` with `rows <= columns`, the column that makes the
/// sum of gains as large as possible when no column is taken twice: the Hungarian algorithm (Kuhn 1955) as shortest
/// augmenting paths with potentials, of order `rows² · columns` (Jonker & Volgenant 1987).
///
/// # Panics
/// If there are more rows than columns, or a gain is not finite.
pub fn maximum(gain: &[f64], columns: usize) -> Vec<usize> {
    assert!(columns > 0 && gain.len().is_multiple_of(columns), "{} gains are no rows of {columns}", gain.len());
    let rows = gain.len() / columns;
    assert!(rows <= columns, "{rows} rows cannot all have one of {columns} columns");
    assert!(gain.iter().all(|g| g.is_finite()), "a gain is not finite");
    // A column beyond the last stands for "free": the row under assignment waits there.
    let mut row_at: Vec<Option<usize>> = vec![None; columns + 1];
    let (mut row_potential, mut column_potential) = (vec![0.0; rows], vec![0.0; columns + 1]);
    for row in 0..rows {
        row_at[columns] = Some(row);
        let mut at = columns;
        let mut slack = vec![f64::INFINITY; columns];
        let mut from = vec![columns; columns];
        let mut visited = vec![false; columns + 1];
        // Grows the tree of tight edges until it meets a free column.
        while let Some(r) = row_at[at] {
            visited[at] = true;
            let mut next = (f64::INFINITY, at);
            for c in (0..columns).filter(|c| !visited[*c]) {
                let reduced = -gain[r * columns + c] - row_potential[r] - column_potential[c];
                if reduced < slack[c] {
                    (slack[c], from[c]) = (reduced, at);
                }
                if slack[c] < next.0 {
                    next = (slack[c], c);
                }
            }
            for c in 0..=columns {
                if visited[c] {
                    let r = row_at[c].expect("a visited column has a row");
                    row_potential[r] += next.0;
                    column_potential[c] -= next.0;
                } else {
                    slack[c] -= next.0;
                }
            }
            at = next.1;
        }
        // Shifts the rows of the path by one, which frees the place of the new row.
        while at != columns {
            row_at[at] = row_at[from[at]];
            at = from[at];
        }
    }
    let mut out = vec![0; rows];
    for (column, row) in row_at[..columns].iter().enumerate() {
        if let Some(row) = row {
            out[*row] = column;
        }
    }
    out
}
