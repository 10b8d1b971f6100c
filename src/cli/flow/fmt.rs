//! `flow fmt`: files as they are usually laid out.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Lang, MAX_BYTES, read};
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::flow::laid_out;

/// Lays the files out anew, or tells which are laid out otherwise. A file that is no YAML is left as it is, and told at the end.
pub(super) fn run(files: &[PathBuf], only_check: bool, lang: Lang) -> Result<(), Failure> {
    let (mut otherwise, mut faults) = (0, Vec::new());
    for file in files {
        let (text, name) = match is_stdin(file) {
            true => (read_stdin()?, "(standard input)".to_owned()),
            false => (read(file)?, file.display().to_string()),
        };
        let laid = match laid_out(&text, &name) {
            Ok(laid) => laid,
            Err(found) => {
                faults.extend(found.iter().map(|fault| fault.said(lang.tongue())));
                continue;
            }
        };
        if is_stdin(file) && !only_check {
            out::line(laid.trim_end_matches('\n'))?;
            continue;
        }
        if laid == text {
            continue;
        }
        otherwise += 1;
        if only_check {
            out::line(&format!("{name}: is laid out otherwise; run `centralino flow fmt`"))?;
            continue;
        }
        write_whole(file, &laid)
            .map_err(|error| Failure::other(format_args!("{name}: cannot be written ({error})")))?;
        out::line(&format!("{name}: laid out anew"))?;
    }
    match (faults.is_empty(), only_check && otherwise > 0) {
        (true, false) => Ok(()),
        (true, true) => Err(Failure::found()),
        (false, _) => Err(Failure::found_lines(faults)),
    }
}

fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn read_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MAX_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| Failure::misuse(format_args!("standard input cannot be read ({error})")))?;
    Ok(text)
}

/// The file as it was, or as it is to be, never a part of it: what is new is written beside it and then put in its place.
fn write_whole(file: &Path, text: &str) -> std::io::Result<()> {
    let file = std::fs::canonicalize(file)?; // a link stays one
    let beside = file.with_extension("yaml.new");
    let written = std::fs::write(&beside, text)
        .and_then(|()| std::fs::set_permissions(&beside, std::fs::metadata(&file)?.permissions()))
        .and_then(|()| std::fs::rename(&beside, &file));
    if written.is_err() {
        drop(std::fs::remove_file(&beside)); // it may not be there at all
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_laid_out_once_and_one_that_is_no_yaml_is_left_as_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let (usual, broken) = (dir.path().join("a.yaml"), dir.path().join("b.yaml"));
        std::fs::write(&usual, "nodes:\n    a:   {type: hangup} # uno\n").expect("room");
        std::fs::write(&broken, "nodes: [\n").expect("room");
        let fmt = |files: &[&PathBuf], only_check| {
            run(&files.iter().map(|file| file.to_path_buf()).collect::<Vec<_>>(), only_check, Lang::En)
        };
        assert_eq!(fmt(&[&usual], true).expect_err("it is laid out otherwise").code(), 1);
        assert_eq!(fmt(&[&broken, &usual], false).expect_err("it is no YAML").code(), 1);
        let text = |file: &Path| std::fs::read_to_string(file).expect("it is there");
        assert_eq!(text(&usual), "nodes:\n  a: {type: hangup} # uno\n");
        assert_eq!(text(&broken), "nodes: [\n");
        assert!(fmt(&[&usual], true).is_ok() && fmt(&[&usual], false).is_ok());
    }
}
