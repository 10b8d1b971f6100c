use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};

use super::*;

fn laid(text: &str) -> String {
    laid_out(text, "f.yaml").unwrap_or_else(|faults| panic!("{text}\n{faults:?}"))
}

fn is_laid(text: &str, expected: &str) {
    assert_eq!(laid(text), expected, "from\n{text}");
    assert_eq!(laid(expected), expected, "a second time");
}

#[test]
fn steps_are_two_blanks_wide_and_items_stand_to_the_right_of_their_key() {
    is_laid(
        "nodes:\n    a:\n       type:   branch\n       when:\n       -   if:  x\n           to: b\n       - {if: y ,to:   c}\n       else:   d\n    b: {  type : hangup  }\n",
        "nodes:\n  a:\n    type: branch\n    when:\n      - if: x\n        to: b\n      - {if: y, to: c}\n    else: d\n  b: {type: hangup}\n",
    );
}

#[test]
fn comments_stay_with_what_they_are_about() {
    is_laid(
        "# Il flusso.\r\nid: \"x\"   # in quotes\nnodes:\n      # il primo\n      a:\n          type: play\n          # finisce qui\n\n\n# il secondo\n      b: {type: hangup}\n\n# in fondo\n",
        "# Il flusso.\nid: \"x\" # in quotes\n\nnodes:\n  # il primo\n  a:\n    type: play\n    # finisce qui\n\n  # il secondo\n  b: {type: hangup}\n\n# in fondo\n",
    );
}

#[test]
fn texts_over_several_lines_say_what_they_said() {
    is_laid(
        "prompts:\n    a:\n        it: \"Uno,\n          due.\n\n\n          Tre \\\n              quattro  \n           cinque\"\n        en: One,\n             two\n\n             three\n        fr: 'Un\n\n          deux'\n",
        "\
prompts:\n  a:\n    it: \"Uno,\n      due.\n\n\n      Tre \\\n      quattro\n      cinque\"\n    en: One,\n      two\n\n      three\n    fr: 'Un\n\n      deux'\n",
    );
}

#[test]
fn block_texts_are_moved_as_a_whole_with_all_their_blanks() {
    is_laid(
        "a:\n    it: |\n          Uno  \n            due\n\n\n          tre\n\n\n    en: >2-\n          x\n\n    fr: |+\n     y\n\n\n    de: >- # kurz\n     z\nb:\n- |\n text\n-   k: >\n     folded\n",
        "a:\n  it: |\n    Uno  \n      due\n\n\n    tre\n\n  en: >2-\n        x\n\n  fr: |+\n    y\n\n\n  de: >- # kurz\n    z\nb:\n  - |\n    text\n  - k: >\n      folded\n",
    );
}

#[test]
fn brackets_over_several_lines_step_to_the_right() {
    is_laid(
        "a: { # qui\n   x: 1,\n\n\n # dentro\n   y: [ 1,2 ,\n 3 ],\n}\nb:\n  - [\n   1\n   ]\nc:\n   { \"k\":1 , z: }\n",
        "a: { # qui\n  x: 1,\n\n  # dentro\n  y: [1, 2,\n    3],\n}\nb:\n  - [\n      1\n    ]\nc:\n  {\"k\": 1, z: }\n",
    );
}

#[test]
fn apostrophes_signs_and_numbers_of_keys_are_left_alone() {
    is_laid(
        "a: l'ora # nota\nb: \"# no\"\nc: {x: \"#\", y: 'è # qui'}\nd: uno#due\ne: [-1, \"*\"]\n? f\n: g\n",
        "a: l'ora # nota\nb: \"# no\"\nc: {x: \"#\", y: 'è # qui'}\nd: uno#due\ne: [-1, \"*\"]\n? f\n: g\n",
    );
}

#[test]
fn parts_of_a_file_stand_apart() {
    is_laid(
        "\n\nid: x\n# I nodi\nnodes:\n  a: {type: hangup}\n\n\n\ntests: []\n\n\n",
        "id: x\n\n# I nodi\nnodes:\n  a: {type: hangup}\n\ntests: []\n",
    );
}

#[test]
fn what_is_no_yaml_is_refused_with_its_place() {
    let told = |text: &str| laid_out(text, "f.yaml").expect_err(text)[0].to_string();
    assert!(told("a: [1\nb: 2\n").starts_with("f.yaml:"), "{}", told("a: [1\nb: 2\n"));
    assert!(told("a: 1\n\tb: 2\n").starts_with("f.yaml:"));
    assert!(told("a: &x 1\n").contains("anchors"));
}

/// Every flow that there is, also the faulty ones: those that are YAML say the same when they are laid out.
#[test]
fn flows_that_exist_say_the_same_and_are_laid_out_once_for_all() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for folder in ["ivr-flows", "ivr-flows/sub", "tests/data/flows"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|kind| kind == "yaml") {
                let text = std::fs::read_to_string(&path).expect("it can be read");
                count += usize::from(says_the_same(&text));
            }
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn texts_of_any_layout_say_the_same_and_are_laid_out_once_for_all() {
    let count = (0..3_000).filter(|seed| says_the_same(&Writer::of(*seed).file())).count();
    assert!(count > 2_000, "{count} of 3000 were YAML");
}

/// False: it is no YAML.
fn says_the_same(text: &str) -> bool {
    if Yaml::parse(text, &Faults::of("f.yaml")).is_none() {
        return false;
    }
    let once = laid_out(text, "f.yaml").unwrap_or_else(|faults| panic!("{faults:?}\n{text}"));
    assert_eq!(events(&once), events(text), "from\n{text}\nto\n{once}");
    assert_eq!(laid(&once), once, "a second time, from\n{text}");
    true
}

/// Writes a file as people write who never met a layout.
struct Writer {
    chance: SmallRng,
    text: String,
}

impl Writer {
    fn of(seed: u64) -> Writer {
        Writer { chance: SmallRng::seed_from_u64(seed), text: String::new() }
    }

    fn file(mut self) -> String {
        self.entries(0, 4, false);
        self.text
    }

    fn below(&mut self, n: usize) -> usize {
        self.chance.random_range(0..n)
    }

    fn blanks(&mut self, most: usize) {
        let blanks = " ".repeat(self.below(most + 1));
        self.text += &blanks;
    }

    /// A mapping or a list in this column; its first entry may stand on the line that is begun.
    fn entries(&mut self, column: usize, depth: usize, begun: bool) {
        let is_list = self.below(3) == 0;
        for at in 0..1 + self.below(3) {
            if at > 0 || !begun {
                self.between();
                self.text += &" ".repeat(column);
            }
            if is_list {
                self.text += "-";
            } else {
                self.text += &format!("k{at}");
                self.blanks(1);
                self.text += ":";
            }
            self.value(column, depth, is_list);
        }
    }

    fn value(&mut self, column: usize, depth: usize, in_list: bool) {
        let deeper = column + 1 + self.below(4);
        match self.below(if depth == 0 { 7 } else { 10 }) {
            0 => self.text += "\n",
            1 => self.block_text(column),
            2 => {
                self.text += " ";
                self.blanks(2);
                self.brackets(deeper, 3);
                self.end();
            }
            3 => self.text += &format!(" \"uno\n\n{0}due \\\n{0}tre\"\n", " ".repeat(deeper)),
            4 => self.text += &format!("  uno\n{0}due # no\n", " ".repeat(deeper)),
            5 | 6 => {
                let word = ["l'ora", "\"a # b\"", "'è'", "-1", "uno  due", "a:b"][self.below(6)];
                self.text += &format!(" {}{word}", " ".repeat(deeper - column - 1));
                self.end();
            }
            7 if in_list => {
                let before = deeper - column - 1;
                self.text += &" ".repeat(before.max(1));
                self.entries(column + 1 + before.max(1), depth - 1, true);
            }
            _ => {
                self.end();
                self.entries(deeper, depth - 1, false);
            }
        }
    }

    fn block_text(&mut self, column: usize) {
        let sign = ["|", ">", "|-", ">+", "|2", "> # nota"][self.below(6)];
        let indent = column + 2;
        self.text += &format!(" {sign}\n");
        for _ in 0..1 + self.below(4) {
            match self.below(4) {
                0 => self.text += "\n",
                1 => self.text += &format!("{}  oltre  \n", " ".repeat(indent)),
                _ => self.text += &format!("{}# riga \n", " ".repeat(indent)),
            }
        }
    }

    fn brackets(&mut self, column: usize, depth: usize) {
        let (open, close) = [("[", "]"), ("{", "}")][self.below(2)];
        self.text += open;
        for at in 0..self.below(4) {
            if at > 0 {
                self.blanks(1);
                self.text += ",";
            }
            match self.below(5) {
                0 => self.text += &format!(" # dentro\n\n{}", " ".repeat(column)),
                1 => self.text += &format!("\n{}", " ".repeat(column + at)),
                _ => self.blanks(2),
            }
            if open == "{" {
                self.text += &format!("k{at}: ");
            }
            match self.below(5) {
                0 if depth > 0 => self.brackets(column + 1, depth - 1),
                1 => self.text += &format!("\"uno\n\n{}due\"", " ".repeat(column)),
                2 if open == "{" => {}
                _ => {
                    let word = ["1", "'#'", "uno due", "l'ora"][self.below(4)];
                    self.text += word;
                }
            }
        }
        self.blanks(1);
        self.text += close;
    }

    fn end(&mut self) {
        let end = ["", "", "  ", " # nota", "   #nota "][self.below(5)];
        self.text += end;
        self.text += "\n";
    }

    fn between(&mut self) {
        match self.below(8) {
            0 => self.text += "\n",
            1 => self.text += "  \n\n\n",
            2 => {
                self.blanks(8);
                self.text += "# sopra  \n";
            }
            _ => {}
        }
    }
}
