//! Any table: titles, rows, marks, the selected row. Columns take what they need; what does not fit is further right, and
//! the titles say how much that is.

use super::paint::Paint;
use crate::app::App;
use crate::table::{Column, Grid, Table, Tone};
use crate::text::{pad, width};
use crate::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

/// Cells between two columns, and before the first: there the marks are.
const GAP: usize = 2;

/// A column of texts is not wider than this, unless it is the first.
const TEXT_MAX: usize = 40;

/// A column of texts may be squeezed to this.
const TEXT_MIN: usize = 10;

/// And the last one to this: less would say nothing.
const LAST_MIN: usize = 8;

/// A blank and the sign that there is more.
const MARK: usize = 2;

/// A column on the screen.
struct Placed {
    at: usize,
    x: u16,
    cells: usize,
}

/// Draws the table of the view: its titles in the first line, its rows below.
pub fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, grid: &Grid, table: &Table) {
    let mut paint = Paint {
        buffer: frame.buffer_mut(),
        theme: Theme::of(app),
    };
    let (placed, hidden) = place(grid, table, area);
    titles(&mut paint, area, grid, table, &placed, hidden);
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    if grid.found == 0 {
        paint.nothing(body, &grid.empty);
        return;
    }
    for (number, y) in (table.top..grid.found).zip(body.y..body.bottom()) {
        row(&mut paint, area, grid, table, &placed, number, y);
    }
}

fn titles(paint: &mut Paint<'_>, area: Rect, grid: &Grid, table: &Table, placed: &[Placed], hidden: usize) {
    let order = table.order.as_ref();
    for column in placed {
        let Some(own) = grid.columns.get(column.at) else {
            continue;
        };
        let mark = match order.filter(|order| order.field == own.field) {
            Some(order) if order.descending => "▼",
            Some(_) => "▲",
            None => "",
        };
        let title = format!("{}{mark}", own.title);
        let title = pad(&title, column.cells, own.right, '…');
        let style = paint.theme.title();
        paint.put(column.x, area.y, column.cells, &title, style);
    }
    if hidden > 0 || table.shift > 0 {
        further(paint, area, table, placed, hidden);
    }
}

/// Says that there are columns on either side: how many, unless the last title needs the room.
fn further(paint: &mut Paint<'_>, area: Rect, table: &Table, placed: &[Placed], hidden: usize) {
    let (before, left) = match table.shift {
        0 => (String::new(), ""),
        shift => (format!("‹ {shift}"), "‹"),
    };
    let (behind, right) = match hidden {
        0 => (String::new(), ""),
        more => (format!("+{more} ›"), "›"),
    };
    let last = placed.last().map_or(area.x, |column| {
        column
            .x
            .saturating_add(u16::try_from(column.cells).unwrap_or(u16::MAX))
    });
    let room = usize::from(area.right().saturating_sub(last + 1));
    let said = match format!("{before} {behind}").trim() {
        long if width(long) <= room => long.to_owned(),
        _ => format!("{left}{right}"),
    };
    let x = area
        .right()
        .saturating_sub(u16::try_from(width(&said)).unwrap_or(0));
    paint.say(x, area.y, 16, &said, Tone::Faint);
}

fn row(
    paint: &mut Paint<'_>,
    area: Rect,
    grid: &Grid,
    table: &Table,
    placed: &[Placed],
    number: usize,
    y: u16,
) {
    let is_selected = number == table.cursor;
    match grid.line(number) {
        None => {
            paint.say(area.x + 2, y, 4, "…", Tone::Faint);
        }
        Some(line) => {
            if table.marked.contains(&line.id) || table.marked.contains(crate::deed::ALL) {
                let style = paint.theme.mark();
                paint.put(area.x, y, 1, "●", style);
            }
            for column in placed {
                let Some((own, cell)) = grid.columns.get(column.at).zip(line.cells.get(column.at)) else {
                    continue;
                };
                let text = pad(&cell.text, column.cells, own.right, '…');
                paint.say(column.x, y, column.cells, &text, cell.tone);
            }
        }
    }
    if is_selected {
        let across = Rect { y, height: 1, ..area };
        let style = paint.theme.selected();
        paint
            .buffer
            .set_style(across, style.remove_modifier(Modifier::DIM));
    }
}

/// Which columns are on the screen and where; and how many are further right. If there are any on either side, there is
/// room behind the last title to say so.
fn place(grid: &Grid, table: &Table, area: Rect) -> (Vec<Placed>, usize) {
    let (placed, hidden) = place_in(grid, table, area);
    let end = |column: &Placed| usize::from(column.x) + column.cells;
    let is_full = placed
        .last()
        .is_some_and(|last| end(last) + MARK > usize::from(area.right()));
    if is_full && (hidden > 0 || table.shift > 0) {
        let less = area.width.saturating_sub(u16::try_from(MARK).unwrap_or(0));
        return place_in(grid, table, Rect { width: less, ..area });
    }
    (placed, hidden)
}

fn place_in(grid: &Grid, table: &Table, area: Rect) -> (Vec<Placed>, usize) {
    let right = usize::from(area.right());
    let mut x = usize::from(area.x) + GAP;
    let mut placed: Vec<Placed> = Vec::new();
    let shown = (0..grid.columns.len()).filter(|at| *at == 0 || *at > table.shift);
    let shown: Vec<usize> = shown.collect();
    for (nth, at) in shown.iter().enumerate() {
        let wanted = wanted(grid, table, *at);
        let room = right.saturating_sub(x);
        let is_last = nth + 1 == shown.len();
        let is_text = grid.columns.get(*at).is_some_and(|column| !column.right);
        let cells = if nth == 0 && shown.len() > 1 {
            wanted.min((right - x).max(2) / 2)
        } else if wanted <= room {
            wanted
        } else if is_text && (room >= TEXT_MIN || is_last && room >= LAST_MIN) {
            room
        } else {
            return (placed, shown.len() - nth);
        };
        placed.push(Placed {
            at: *at,
            x: u16::try_from(x).unwrap_or(u16::MAX),
            cells,
        });
        x += cells + GAP;
    }
    (placed, 0)
}

fn wanted(grid: &Grid, table: &Table, at: usize) -> usize {
    let Some(column) = grid.columns.get(at) else {
        return 0;
    };
    let cells = grid
        .lines
        .iter()
        .filter_map(|line| line.cells.get(at))
        .map(|cell| width(&cell.text));
    // A blank for the arrow of the order; numbers move when it comes, so that they stand close.
    let is_order = table
        .order
        .as_ref()
        .is_some_and(|order| order.field == column.field);
    let least = column
        .least
        .max(width(&column.title) + usize::from(!column.right || is_order));
    let natural = cells.max().unwrap_or(0).max(least);
    if at == 0 || at + 1 == grid.columns.len() {
        natural
    } else {
        natural.min(TEXT_MAX.max(least))
    }
}

/// The column whose title is at a place of the screen.
#[must_use]
pub fn column_at(app: &App, grid: &Grid, x: u16) -> Option<Column> {
    let area = Rect::new(0, 0, app.size.0, 1);
    let (placed, _) = place(grid, super::table(app)?, area);
    let is_it = |column: &&Placed| x >= column.x && usize::from(x) < usize::from(column.x) + column.cells;
    grid.columns.get(placed.iter().find(is_it)?.at).cloned()
}
