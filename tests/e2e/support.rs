//! One way to run the command, and a small kernel to run it on.

use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// No run may take longer: a hang is a failure and not a test that never ends.
const LIMIT: Duration = Duration::from_secs(120);

/// A run that is being put together.
pub struct Run {
    command: Command,
    input: Option<Vec<u8>>,
}

/// What a run did.
#[derive(Debug)]
pub struct Ran {
    /// Exit status; nothing when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The command with those arguments.
pub fn uioscope<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uioscope"));
    command.args(arguments).env_remove("NO_COLOR").env("TERM", "xterm");
    Run { command, input: None }
}

impl Run {
    /// With this as standard input.
    pub fn input(mut self, bytes: impl Into<Vec<u8>>) -> Run {
        self.input = Some(bytes.into());
        self
    }

    /// In this directory.
    pub fn within(mut self, directory: &Path) -> Run {
        self.command.current_dir(directory);
        self
    }

    /// With this in the environment.
    pub fn env(mut self, name: &str, value: &str) -> Run {
        self.command.env(name, value);
        self
    }

    /// Runs it to its end. Whatever a test is about, a run may not panic, and may not hang.
    pub fn run(mut self) -> Ran {
        self.command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the command starts");
        let (stdin, input) = (child.stdin.take(), self.input);
        let feeder = thread::spawn(move || {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // It may stop reading before all is written: that is its right.
                let _ = stdin.write_all(&input);
            }
        });
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let code = wait(&mut child);
        feeder.join().expect("the feeder ends");
        let ran = Ran { code, stdout: stdout.join().expect("output"), stderr: stderr.join().expect("errors") };
        assert!(!ran.stderr.contains("panicked") && ran.code.is_some(), "{:?}: {}", ran.code, ran.stderr);
        ran
    }

    /// Runs it, and expects this exit status.
    pub fn exits(self, code: i32) -> Ran {
        let ran = self.run();
        assert_eq!(ran.code, Some(code), "{}\n{}", ran.stderr, ran.stdout);
        ran
    }
}

impl Ran {
    /// The output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// The output as an audit that keeps its schema, and whose ledger adds up.
    pub fn audit(&self) -> Value {
        let audit = self.json();
        keeps_schema(&audit, include_str!("../../docs/schemas/audit-1.schema.json"));
        let count = |key: &str| audit["ledger"][key].as_u64().expect("a count");
        assert_eq!(
            count("occurrences"),
            ["classified", "unresolved", "mentions", "other"].map(count).iter().sum::<u64>(),
            "{}",
            audit["ledger"]
        );
        audit
    }

    /// `path:line access roles-or-space` of every finding in the audit, in order.
    pub fn findings(&self) -> Vec<String> {
        let audit = self.audit();
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let one = |f: &Value| {
            let roles: Vec<String> = f["roles"].as_array().expect("roles").iter().map(text).collect();
            let meaning = if roles.is_empty() { text(&f["space"]) } else { roles.join(",") };
            format!("{}:{} {} {meaning}", text(&f["path"]), f["line"], text(&f["access"]))
        };
        audit["findings"].as_array().expect("findings").iter().map(one).collect()
    }
}

/// Holds a document to its schema.
pub fn keeps_schema(document: &Value, schema: &str) {
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema compiles");
    let errors: Vec<String> = validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn collect(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.expect("a pipe").read_to_end(&mut bytes).expect("reading a pipe");
        String::from_utf8(bytes).expect("what is printed is UTF-8")
    })
}

fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("waiting") {
            return status.code();
        }
        if start.elapsed() > LIMIT {
            child.kill().expect("a hanging run is ended");
            panic!("the run hangs");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A directory that goes away with the test.
pub struct Directory(PathBuf);

impl Directory {
    /// An empty one.
    pub fn new() -> Directory {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("e2e-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a directory for the test");
        Directory(path)
    }

    /// A small kernel.
    pub fn kernel() -> Directory {
        let directory = Directory::new();
        for (path, text) in KERNEL {
            directory.write(path, text);
        }
        directory
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }

    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory in it");
        fs::write(path, bytes).expect("a file in it");
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.join(path)).expect("a file in it")
    }

    /// Names in the directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).expect("the directory");
        let mut names: Vec<String> =
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Declares `struct uio`.
pub const UIO_H: &str = "\
enum uio_rw { UIO_READ, UIO_WRITE };
enum uio_seg { UIO_USERSPACE, UIO_SYSSPACE };
struct uio {
	struct iovec *uio_iov;
	int uio_iovcnt;
	long uio_offset;
	int uio_resid;
	enum uio_seg uio_segflg;
	enum uio_rw uio_rw;
	struct proc *uio_procp;
};
";

/// Uses it: a signal, a session, a test, a comment.
pub const RW_C: &str = "\
/* uio_procp is more than an address space here. */
int
rw_limit(struct uio *uio)
{
	if (uio->uio_procp == NULL)
		return (0);
	psignal(uio->uio_procp, SIGXFSZ);
	return (uio->uio_procp->p_session != NULL);
}
";

/// What an audit of [`RW_C`] finds, after `path:`.
pub const RW_FINDINGS: [&str; 4] = ["1 mention -", "5 load presence", "7 load signal", "8 load session"];

/// Stores it.
pub const SYS_C: &str = "\
int
sys_read(struct proc *p, int fd)
{
	struct uio auio;

	auio.uio_segflg = UIO_USERSPACE;
	auio.uio_procp = curproc;
	return (do_read(fd, &auio));
}
";

const KERNEL: [(&str, &str); 6] = [
    ("sys/sys/param.h", "#define __NetBSD_Version__ 104200000\n"),
    ("sys/sys/proc.h", "struct proc {\n\tstruct session *p_session;\n\tint p_pid;\n};\n"),
    ("sys/sys/uio.h", UIO_H),
    ("sys/kern/rw.c", RW_C),
    ("sys/kern/sys_generic.c", SYS_C),
    ("README", "not source\n"),
];
