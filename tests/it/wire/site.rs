//! A directory of its own for each test: the repository's configuration, to be changed at will, and fresh data.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The directory; removed at the end, unless the test fails.
pub(super) struct Site {
    root: Option<TempDir>,
}

impl Site {
    /// The demo configuration and an empty data directory. Flows and prompts lie beside it as in the repository.
    pub(super) fn demo() -> Site {
        let root = tempfile::tempdir().expect("a temporary directory");
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy_files(&repository.join("config"), &root.path().join("config"));
        for shared in ["ivr-flows", "sounds"] {
            link(&repository.join(shared), &root.path().join(shared));
        }
        Site { root: Some(root) }
    }

    /// A bare directory, for tests of the phones alone.
    pub(super) fn bare() -> Site {
        Site { root: Some(tempfile::tempdir().expect("a temporary directory")) }
    }

    /// A path in it.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.as_ref().expect("present until drop").path().join(name)
    }

    /// A new directory in it, for one client.
    pub(super) fn directory(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(&path).expect("the test's directory can be written");
        path
    }

    /// Puts an empty directory in the place of a shared one.
    pub(super) fn empty(&self, shared: &str) {
        std::fs::remove_file(self.path(shared)).expect("it is a link of ours");
        self.directory(shared);
    }

    /// Has one number, 055055, and this flow behind it.
    pub(super) fn with_flow(self, text: &str) -> Site {
        self.empty("ivr-flows");
        std::fs::write(self.path("ivr-flows").join("055055.yaml"), text)
            .expect("the test's directory can be written");
        self.configure(
            "numbers.toml",
            "[[number]]\nnumber = \"055055\"\nentity = \"firenze\"\nflow = \"055055\"\n",
        );
        self
    }

    /// Runs a command of the program there, which succeeds; what it says.
    #[track_caller]
    pub(super) fn command(&self, words: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_centralino"))
            .args(words)
            .current_dir(self.path(""))
            .output()
            .expect("the program was built");
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("what it says is text")
    }

    /// Replaces a file of the configuration.
    pub(super) fn configure(&self, file: &str, text: &str) {
        std::fs::write(self.path("config").join(file), text).expect("the test's directory can be written");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(root) = self.root.take()
            && std::thread::panicking()
        {
            eprintln!("logs, messages and sounds of this test are in {}", root.keep().display());
        }
    }
}

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the test's directory can be written");
    let Ok(files) = std::fs::read_dir(from) else { panic!("{} is missing", from.display()) };
    for file in files.flatten().filter(|file| file.path().is_file()) {
        std::fs::copy(file.path(), to.join(file.file_name())).expect("the test's directory can be written");
    }
}

fn link(to: &Path, at: &Path) {
    std::os::unix::fs::symlink(to, at).expect("the test's directory can be written");
}
