//! What the parser knows of the lines of a file: where scalars are, how many brackets are open, which lines are block texts.

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

/// A file by its lines.
pub(super) struct Marks {
    lines: Vec<Vec<char>>,
    pieces: Vec<Vec<Piece>>,
    /// Brackets open at the start of each line.
    depths: Vec<usize>,
    /// The line goes on with a text that began above it.
    in_text: Vec<bool>,
    blocks: Vec<Block>,
}

/// A scalar, or a part of it, on one line: columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    pub(super) start: usize,
    pub(super) end: usize,
    /// It goes on in the next line after a `\`, so that blanks before it count.
    escaped: bool,
}

impl Piece {
    pub(super) fn keeps_its_end(&self) -> bool {
        self.escaped
    }
}

/// A block text: its lines, the column where they begin, the number in its header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    header: usize,
    pub(super) end: usize,
    pub(super) indent: usize,
    pub(super) indicator: Option<usize>,
    /// Empty lines at its end are part of it.
    pub(super) keeps: bool,
}

impl Block {
    pub(super) fn lines<'m>(&self, marks: &'m Marks) -> impl Iterator<Item = &'m [char]> {
        marks.lines[self.header + 1..self.end].iter().map(Vec::as_slice)
    }
}

/// One line and what is known of it.
pub(super) struct Line<'m> {
    pub(super) chars: &'m [char],
    pub(super) pieces: &'m [Piece],
    pub(super) depth: usize,
    pub(super) in_text: bool,
}

impl Marks {
    /// Reads a text that is known to be YAML.
    pub(super) fn of(text: &str) -> Marks {
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let count = lines.len();
        let mut marks = Marks {
            lines,
            pieces: vec![Vec::new(); count],
            depths: vec![0; count],
            in_text: vec![false; count],
            blocks: Vec::new(),
        };
        marks.read(text);
        marks
    }

    fn read(&mut self, text: &str) {
        let mut options = Options::default();
        options.set_emit_comments(false);
        let mut open: Vec<(StructureStyle, usize)> = Vec::new();
        for (event, span) in Parser::new_from_str_with_options(text, options).map_while(Result::ok) {
            let start = (span.start.line().saturating_sub(1), span.start.col());
            let end = (span.end.line().saturating_sub(1), span.end.col());
            match event {
                Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) => self.block(start, end),
                Event::Scalar(_, style, ..) => self.scalar(start, end, style == ScalarStyle::DoubleQuoted),
                Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                    open.push((style, start.0))
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some((StructureStyle::Flow, from)) = open.pop() {
                        self.within(from, end.0).for_each(|line| self.depths[line] += 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// The lines after one, up to another.
    fn within(&self, from: usize, to: usize) -> std::ops::Range<usize> {
        from + 1..(to + 1).min(self.lines.len()).max(from + 1)
    }

    fn scalar(&mut self, start: (usize, usize), end: (usize, usize), is_double: bool) {
        for at in start.0..self.lines.len().min(end.0 + 1) {
            let line = &self.lines[at];
            let from = if at == start.0 { start.1 } else { 0 };
            let is_last = at == end.0;
            let to = if is_last { end.1.min(line.len()) } else { line.len() };
            let blanks = line[..to].iter().rev().take_while(|c| c.is_whitespace()).count();
            let to = if is_last { to } else { to - blanks };
            let escaped = is_double && !is_last && blanks > 0 && to > 0 && line[to - 1] == '\\';
            let to = if escaped { to + 1 } else { to };
            if from < to {
                self.pieces[at].push(Piece { start: from, end: to, escaped });
            }
        }
        for at in self.within(start.0, end.0) {
            self.in_text[at] = true;
        }
    }

    /// The parser tells where the text begins and what comes after it; empty lines at its end belong to it only if its header says so.
    fn block(&mut self, start: (usize, usize), end: (usize, usize)) {
        // Of an empty text the parser tells the place of what comes next; so the headers are gone through in order.
        let from = self.blocks.last().map_or(0, |block| block.end);
        let is_header = |at: &usize| self.header(*at).is_some();
        let Some(header) = (from..self.lines.len()).find(is_header) else { return };
        let Some((indicator, keeps)) = self.header(header) else { return };
        let is_blank = |line: &[char]| line.iter().all(|c| c.is_whitespace());
        let ends_within = self.lines.get(end.0).is_some_and(|line| !is_blank(&line[..end.1.min(line.len())]));
        let mut last = (end.0 + usize::from(ends_within)).clamp(header + 1, self.lines.len());
        while !keeps && last > header + 1 && is_blank(&self.lines[last - 1]) {
            last -= 1;
        }
        let is_empty = self.lines[header + 1..last].iter().all(|line| is_blank(line));
        let indent = if is_empty && indicator.is_none() { usize::MAX } else { start.1 };
        self.blocks.push(Block { header, end: last, indent, indicator, keeps });
    }

    /// The number and whether `+` stands in the header of a block text that this line ends with.
    fn header(&self, at: usize) -> Option<(Option<usize>, bool)> {
        let after = self.pieces[at].last().map_or(0, |piece| piece.end);
        let rest: String = self.lines[at][after..].iter().collect();
        let rest =
            if rest.trim_start().starts_with('#') { "" } else { rest.split(" #").next().unwrap_or_default() };
        let sign = rest.rsplit([' ', ':', '\t']).find(|word| !word.is_empty())?;
        let marks = sign.strip_prefix(['|', '>'])?;
        let number = marks.chars().find_map(|c| c.to_digit(10)).map(|width| width as usize);
        Some((number, marks.contains('+')))
    }

    pub(super) fn line(&self, at: usize) -> Option<Line<'_>> {
        Some(Line {
            chars: self.lines.get(at)?,
            pieces: self.pieces.get(at)?,
            depth: *self.depths.get(at)?,
            in_text: *self.in_text.get(at)?,
        })
    }

    /// The block text that this line begins.
    pub(super) fn block_after(&self, at: usize) -> Option<Block> {
        self.blocks.iter().find(|block| block.header == at).copied()
    }
}

impl Line<'_> {
    /// Where it begins.
    pub(super) fn column(&self) -> usize {
        self.skip_blanks(0)
    }

    pub(super) fn skip_blanks(&self, from: usize) -> usize {
        let blanks = self.chars.get(from..).unwrap_or_default().iter().take_while(|c| c.is_whitespace());
        (from + blanks.count()).min(self.chars.len())
    }

    /// As it is, without the blanks around it.
    pub(super) fn text(&self) -> String {
        self.chars.iter().collect::<String>().trim().to_owned()
    }

    pub(super) fn is_comment(&self) -> bool {
        self.chars.get(self.column()) == Some(&'#')
    }

    /// `---`, `...` or a directive.
    pub(super) fn is_marker(&self) -> bool {
        let text = self.text();
        self.pieces.is_empty()
            && (text.starts_with("---") || text.starts_with("...") || text.starts_with('%'))
    }

    /// The sign in this column that an item or a long key begins with.
    pub(super) fn leader(&self, at: usize) -> Option<char> {
        let sign = *self.chars.get(at)?;
        let alone = self.chars.get(at + 1).is_none_or(|next| next.is_whitespace());
        let in_scalar = self.pieces.iter().any(|piece| (piece.start..piece.end).contains(&at));
        ("-?:".contains(sign) && alone && !in_scalar).then_some(sign)
    }

    /// In this column begins a key.
    pub(super) fn begins_key(&self, at: usize) -> bool {
        let Some(key) = self.pieces.iter().find(|piece| piece.start == at) else { return false };
        self.chars.get(self.skip_blanks(key.end)) == Some(&':')
    }
}
