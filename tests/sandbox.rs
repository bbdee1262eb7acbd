//! What the kernel refuses a process that closed itself off, as the program does: each forbidden thing is
//! tried by a child, once free and once in the cage. Free, it must work, or the test would prove nothing.
//!
//! Without a harness: the child is this program again, and may have one thread only when it is confined.

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("SKIPPED: there is no cage but on Linux");
}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{self, File, OpenOptions};
    use std::io::{Error, Result};
    use std::net::{TcpListener, TcpStream, UdpSocket};
    use std::os::fd::AsRawFd;
    use std::os::unix::net::{UnixDatagram, UnixStream};
    use std::path::Path;
    use std::process::Command;
    use std::ptr::null_mut;

    use gen3d::sandbox::{self, FileAccess, Files, Network};

    /// Who refuses it.
    #[derive(Clone, Copy, PartialEq)]
    enum By {
        /// The filter of system calls.
        Filter,
        /// The same, but not that of builds with CUDA, whose driver needs it.
        StrictFilter,
        /// Landlock.
        Files,
    }

    /// Whether it can be seen to work for a free process.
    #[derive(Clone, Copy, PartialEq)]
    enum Free {
        /// It does.
        Works,
        /// It fails for another reason than being forbidden, whoever asks.
        Fails,
        /// It may want rights that the test's user has not.
        Unknown,
    }

    type Need = (&'static str, fn(&Path) -> Result<()>);
    type Attempt = (&'static str, By, Free, fn(&Path) -> Result<()>);

    fn call(number: libc::c_long, arguments: [usize; 6]) -> Result<i64> {
        let [a, b, c, d, e, f] = arguments;
        // Every call below is made for its refusal; those that work are given memory of their own or none.
        let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
        if result < 0 {
            Err(Error::last_os_error())
        } else {
            Ok(result)
        }
    }

    fn plain(number: libc::c_long, arguments: &[usize]) -> Result<()> {
        let mut all = [0; 6];
        all[..arguments.len()].copy_from_slice(arguments);
        call(number, all).map(drop)
    }

    fn map(protection: i32, file: Option<&File>) -> Result<usize> {
        let flags = match file {
            Some(_) => libc::MAP_PRIVATE,
            None => libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        };
        let descriptor = file.map_or(-1, AsRawFd::as_raw_fd);
        let at = unsafe { libc::mmap(null_mut(), 4096, protection, flags, descriptor, 0) };
        if at == libc::MAP_FAILED {
            Err(Error::last_os_error())
        } else {
            Ok(at as usize)
        }
    }

    const READ: i32 = libc::PROT_READ;
    const WRITE: i32 = libc::PROT_READ | libc::PROT_WRITE;
    const CODE: i32 = libc::PROT_READ | libc::PROT_EXEC;

    /// Memory of this process through a call meant for that of another.
    fn process_vm(number: libc::c_long) -> Result<()> {
        let (mut to, mut from) = ([0u8; 8], [7u8; 8]);
        let part = |bytes: &mut [u8; 8]| libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: 8,
        };
        let (here, there) = (part(&mut to), part(&mut from));
        let me = std::process::id() as usize;
        let parts = [&raw const here as usize, &raw const there as usize];
        plain(number, &[me, parts[0], 1, parts[1], 1, 0])
    }

    fn pidfd() -> Result<usize> {
        let me = std::process::id() as usize;
        call(libc::SYS_pidfd_open, [me, 0, 0, 0, 0, 0]).map(|descriptor| descriptor as usize)
    }

    fn name(path: &Path) -> std::ffi::CString {
        use std::os::unix::ffi::OsStrExt;
        std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no zero in a path")
    }

    /// Everything that is tried, in a folder with `in/photo`, `out`, and `elsewhere/secret`.
    const ATTEMPTS: &[Attempt] = &[
        ("a TCP listener", By::Filter, Free::Works, |_| {
            TcpListener::bind("127.0.0.1:0").map(drop)
        }),
        ("a connection", By::Filter, Free::Fails, |_| {
            TcpStream::connect("127.0.0.1:9").map(drop)
        }),
        ("UDP", By::Filter, Free::Works, |_| {
            UdpSocket::bind("127.0.0.1:0").map(drop)
        }),
        ("a local socket", By::StrictFilter, Free::Works, |_| {
            UnixDatagram::unbound().map(drop)
        }),
        ("a pair of sockets", By::StrictFilter, Free::Works, |_| {
            UnixStream::pair().map(drop)
        }),
        ("io_uring", By::Filter, Free::Unknown, |_| {
            plain(libc::SYS_io_uring_setup, &[1, 0])
        }),
        ("a shell", By::Filter, Free::Works, |_| {
            Command::new("/bin/sh").args(["-c", ":"]).status().map(drop)
        }),
        ("execveat", By::Filter, Free::Fails, |_| {
            let path = c"/nowhere".as_ptr() as usize;
            plain(
                libc::SYS_execveat,
                &[libc::AT_FDCWD as usize, path, 0, 0, 0],
            )
        }),
        ("ptrace", By::Filter, Free::Works, |_| {
            plain(libc::SYS_ptrace, &[libc::PTRACE_TRACEME as usize])
        }),
        ("process_vm_readv", By::Filter, Free::Works, |_| {
            process_vm(libc::SYS_process_vm_readv)
        }),
        ("process_vm_writev", By::Filter, Free::Works, |_| {
            process_vm(libc::SYS_process_vm_writev)
        }),
        ("pidfd_open", By::Filter, Free::Works, |_| pidfd().map(drop)),
        ("pidfd_getfd", By::Filter, Free::Fails, |_| {
            plain(libc::SYS_pidfd_getfd, &[usize::MAX, 0, 0])
        }),
        ("userfaultfd", By::Filter, Free::Unknown, |_| {
            const FAULTS_OF_USERS: usize = 1;
            plain(libc::SYS_userfaultfd, &[FAULTS_OF_USERS])
        }),
        ("bpf", By::Filter, Free::Unknown, |_| {
            plain(libc::SYS_bpf, &[usize::MAX, 0, 0])
        }),
        ("perf_event_open", By::Filter, Free::Unknown, |_| {
            plain(libc::SYS_perf_event_open, &[0, 0, 0, 0, 0])
        }),
        ("mount", By::Filter, Free::Unknown, |_| {
            let nowhere = c"/nowhere".as_ptr() as usize;
            plain(libc::SYS_mount, &[nowhere, nowhere, nowhere, 0, 0])
        }),
        ("unshare", By::Filter, Free::Works, |_| {
            plain(libc::SYS_unshare, &[libc::CLONE_FILES as usize])
        }),
        ("setns", By::Filter, Free::Fails, |_| {
            plain(libc::SYS_setns, &[usize::MAX, 0])
        }),
        ("keyctl", By::Filter, Free::Fails, |_| {
            plain(libc::SYS_keyctl, &[usize::MAX, 0, 0])
        }),
        ("add_key", By::Filter, Free::Fails, |_| {
            plain(libc::SYS_add_key, &[0, 0, 0, 0, 0])
        }),
        ("personality", By::Filter, Free::Works, |_| {
            plain(libc::SYS_personality, &[0xFFFF_FFFF])
        }),
        (
            "keys typed into the terminal",
            By::Filter,
            Free::Fails,
            |_| plain(libc::SYS_ioctl, &[usize::MAX, libc::TIOCSTI as usize, 0]),
        ),
        ("others may read a file", By::Filter, Free::Works, |place| {
            let path = name(&place.join("out/old"));
            plain(
                libc::SYS_fchmodat,
                &[libc::AT_FDCWD as usize, path.as_ptr() as usize, 0o644],
            )
        }),
        ("writable code", By::StrictFilter, Free::Works, |_| {
            map(WRITE | libc::PROT_EXEC, None).map(drop)
        }),
        (
            "data that becomes code",
            By::StrictFilter,
            Free::Works,
            |_| {
                plain(
                    libc::SYS_mprotect,
                    &[map(WRITE, None)?, 4096, CODE as usize],
                )
            },
        ),
        (
            "a file that becomes code",
            By::StrictFilter,
            Free::Works,
            |place| map(CODE, Some(&File::open(place.join("in/photo"))?)).map(drop),
        ),
        (
            "memory with a descriptor",
            By::StrictFilter,
            Free::Works,
            |_| plain(libc::SYS_memfd_create, &[c"x".as_ptr() as usize, 0]),
        ),
        (
            "cutting off a file by name",
            By::Filter,
            Free::Works,
            |place| {
                let path = name(&place.join("elsewhere/secret"));
                plain(libc::SYS_truncate, &[path.as_ptr() as usize, 3])
            },
        ),
        ("another file", By::Files, Free::Works, |place| {
            fs::read(place.join("elsewhere/secret")).map(drop)
        }),
        ("the folder of the photo", By::Files, Free::Works, |place| {
            fs::read_dir(place.join("in")).map(drop)
        }),
        ("a file beside the photo", By::Files, Free::Works, |place| {
            fs::read(place.join("in/other")).map(drop)
        }),
        (
            "another file through a link",
            By::Files,
            Free::Works,
            |place| fs::read(place.join("out/link")).map(drop),
        ),
        (
            "the environment of a process",
            By::Files,
            Free::Works,
            |_| fs::read("/proc/self/environ").map(drop),
        ),
        ("the memory of a process", By::Files, Free::Works, |_| {
            OpenOptions::new()
                .write(true)
                .open("/proc/self/mem")
                .map(drop)
        }),
        ("the photo, changed", By::Files, Free::Works, |place| {
            OpenOptions::new()
                .write(true)
                .open(place.join("in/photo"))
                .map(drop)
        }),
        ("a new file elsewhere", By::Files, Free::Works, |place| {
            File::create(place.join("elsewhere/new")).map(drop)
        }),
        (
            "a file removed elsewhere",
            By::Files,
            Free::Works,
            |place| fs::remove_file(place.join("elsewhere/secret")),
        ),
        (
            "a file taken away to elsewhere",
            By::Files,
            Free::Works,
            |place| fs::rename(place.join("out/old"), place.join("elsewhere/old")),
        ),
        (
            "a link in the output's folder",
            By::Files,
            Free::Works,
            |place| std::os::unix::fs::symlink("/etc/passwd", place.join("out/new")),
        ),
        (
            "a pipe in the output's folder",
            By::Files,
            Free::Works,
            |place| {
                let path = name(&place.join("out/new"));
                let kind = (libc::S_IFIFO | 0o600) as usize;
                plain(
                    libc::SYS_mknodat,
                    &[libc::AT_FDCWD as usize, path.as_ptr() as usize, kind, 0],
                )
            },
        ),
    ];

    /// What must still work.
    const ALLOWED: &[Need] = &[
        ("the photo", |place| {
            fs::read(place.join("in/photo")).map(drop)
        }),
        ("a new file in the output's folder", |place| {
            fs::write(place.join("out/part"), "x")?;
            fs::rename(place.join("out/part"), place.join("out/new"))
        }),
        ("a folder in the output's folder", |place| {
            fs::create_dir(place.join("out/below"))?;
            fs::write(place.join("out/below/new"), "x")
        }),
        ("a file of the output's folder removed", |place| {
            fs::remove_file(place.join("out/old"))
        }),
        ("threads and memory", |_| {
            std::thread::spawn(|| vec![1u8; 1 << 24].len())
                .join()
                .map_err(|_| Error::other("no"))?;
            map(WRITE, None).and_then(|at| plain(libc::SYS_mprotect, &[at, 4096, READ as usize]))
        }),
    ];

    pub fn main() {
        let words: Vec<String> = std::env::args().collect();
        match &words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            [_, "free", index, place] => attempt(index, Path::new(place)),
            [_, "caged", index, place] => {
                let place = Path::new(place);
                cage(place);
                attempt(index, place);
            }
            [_, "allowed", index, place] => {
                let place = Path::new(place);
                cage(place);
                end(ALLOWED[index.parse::<usize>().expect("a number")].1(place));
            }
            [_, "inherited", descriptor, _] => inherited(descriptor.parse().expect("a number")),
            [_, "threads", _] => threads(),
            [_, "older", _] => older(),
            _ => all(),
        }
    }

    /// As the program does it.
    fn cage(place: &Path) -> FileAccess {
        sandbox::drop_inherited(&[]);
        sandbox::close().expect("the kernel takes the filter");
        let files = Files {
            read: vec![place.join("in/photo")],
            write: vec![place.join("out")],
        };
        let access = sandbox::confine(&files).expect("the kernel takes the rules");
        assert_eq!(sandbox::network(), Network::Denied, "it says what it did");
        assert_eq!(sandbox::file_access(), access, "it says what it did");
        access
    }

    fn attempt(index: &str, place: &Path) {
        end(ATTEMPTS[index.parse::<usize>().expect("a number")].3(place));
    }

    /// Tells the parent the error's number by the exit code; 0 is for what worked.
    fn end(result: Result<()>) -> ! {
        let code = result.err().map_or(0, |e| e.raw_os_error().unwrap_or(255));
        std::process::exit(code)
    }

    fn inherited(descriptor: i32) {
        let open = || unsafe { libc::fcntl(descriptor, libc::F_GETFD) } >= 0;
        assert!(open(), "the parent left it open, or nothing is proved");
        sandbox::drop_inherited(&[]);
        assert!(!open(), "what a parent left open must be closed");
        for stream in 0..=2 {
            let open = unsafe { libc::fcntl(stream, libc::F_GETFD) } >= 0;
            assert!(open, "the standard stream {stream} must stay open");
        }
    }

    fn threads() {
        let (stay, wait) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || wait.recv());
        let error = sandbox::confine(&Files::default()).expect_err("another thread would be free");
        assert!(error.to_string().contains("threads"), "{error}");
        assert_eq!(
            sandbox::file_access(),
            FileAccess::NotConfined,
            "not claimed"
        );
        drop(stay);
        assert!(other.join().is_ok(), "it waited for the end");
    }

    fn older() {
        assert_eq!(
            sandbox::network(),
            Network::NotDenied,
            "what was not done must not be claimed"
        );
        let (closed, wait) = std::sync::mpsc::channel::<()>();
        let older = std::thread::spawn(move || {
            wait.recv().expect("the main thread goes on");
            UdpSocket::bind("127.0.0.1:0").map(drop)
        });
        sandbox::close().expect("the kernel takes the filter");
        closed.send(()).expect("the older thread waits");
        let error = older
            .join()
            .expect("no panic")
            .err()
            .and_then(|e| e.raw_os_error());
        assert_eq!(
            error,
            Some(libc::EPERM),
            "a socket of an older thread must be refused, too"
        );
        let status = fs::read_to_string("/proc/self/status").expect("the process's status");
        let says = |line: &str| {
            let same = |l: &str| l.split_whitespace().eq(line.split(' '));
            status.lines().any(same)
        };
        assert!(
            says("NoNewPrivs: 1") && says("Seccomp: 2"),
            "no program with more rights may be started without the filter: {status}"
        );
    }

    /// Whether this kernel has Landlock, asked without it.
    fn has_landlock() -> bool {
        const VERSION: usize = 1;
        call(libc::SYS_landlock_create_ruleset, [0, 0, VERSION, 0, 0, 0]).is_ok()
    }

    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().expect("a temporary folder");
        for folder in ["in", "out", "elsewhere"] {
            fs::create_dir(place.path().join(folder)).expect("a folder");
        }
        for file in ["in/photo", "in/other", "out/old", "elsewhere/secret"] {
            fs::write(place.path().join(file), [7; 4096]).expect("a file");
        }
        std::os::unix::fs::symlink("../elsewhere/secret", place.path().join("out/link"))
            .expect("a link");
        place
    }

    fn child(words: &[&str]) -> i32 {
        let place = place();
        let me = std::env::current_exe().expect("this program");
        let mut command = Command::new(me);
        command.args(words).arg(place.path());
        let output = command.output().expect("this program can be started again");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "{words:?}: {said}");
        output
            .status
            .code()
            .unwrap_or_else(|| panic!("{words:?}: {}", output.status))
    }

    fn all() {
        let landlock = has_landlock();
        if !landlock {
            eprintln!("SKIPPED: this kernel has no Landlock: that files are refused is not tried");
        }
        let mut tried = 0;
        for (index, (what, by, free, _)) in ATTEMPTS.iter().enumerate() {
            let skip = match by {
                By::Filter => false,
                By::StrictFilter => cfg!(feature = "cuda"),
                By::Files => !landlock,
            };
            if skip {
                continue;
            }
            let index = index.to_string();
            let (free_code, code) = (child(&["free", &index]), child(&["caged", &index]));
            let refusal = match by {
                By::Filter | By::StrictFilter => libc::EPERM,
                By::Files => libc::EACCES,
            };
            match free {
                Free::Works => assert_eq!(free_code, 0, "{what} must work for a free process"),
                Free::Fails => assert_ne!(free_code, refusal, "{what} must fail otherwise, free"),
                Free::Unknown => {}
            }
            // A file taken elsewhere is told apart from one on another disk by older kernels.
            let moved = *by == By::Files && code == libc::EXDEV;
            assert!(
                code == refusal || moved,
                "{what} must be refused in the cage, it ended with error {code}"
            );
            tried += 1;
        }
        for (index, (what, _)) in ALLOWED.iter().enumerate() {
            let code = child(&["allowed", &index.to_string()]);
            assert_eq!(code, 0, "{what} must still work in the cage");
        }
        // A descriptor that outlives the start of the child, as a careless parent's does.
        let left = File::open("/dev/null").expect("a file");
        let left = left.as_raw_fd();
        unsafe { libc::fcntl(left, libc::F_SETFD, 0) };
        assert_eq!(child(&["inherited", &left.to_string()]), 0);
        assert_eq!(child(&["threads"]), 0);
        assert_eq!(child(&["older"]), 0);
        println!(
            "{tried} things that a cage refuses, {} that it allows: ok",
            ALLOWED.len()
        );
    }
}
