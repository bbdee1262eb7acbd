//! What the kernel refuses a process that closed itself off. Each in a process of its own: there is no
//! way back.

use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc;

use gen3d::sandbox;
use gen3d::sandbox::Network;

use crate::support::process;

fn refused<T>(what: &str, result: std::io::Result<T>) {
    let error = result.err().map(|error| error.kind());
    assert_eq!(
        error,
        Some(ErrorKind::PermissionDenied),
        "{what} must be refused by the kernel, or a picture could leave this machine"
    );
}

#[test]
fn no_thread_can_make_a_socket_not_even_one_that_ran_before() {
    process::alone(
        "sandbox::no_thread_can_make_a_socket_not_even_one_that_ran_before",
        every_socket_is_refused,
    );
}

fn every_socket_is_refused() {
    assert_eq!(
        sandbox::network(),
        Network::NotDenied,
        "what was not done must not be claimed"
    );
    let (closed, wait) = mpsc::channel::<()>();
    let older = std::thread::spawn(move || {
        wait.recv().expect("the main thread goes on");
        UdpSocket::bind("127.0.0.1:0")
    });
    if let Err(error) = sandbox::close() {
        skip!("this kernel takes no filter: {error:#}");
        return;
    }
    assert_eq!(sandbox::network(), Network::Denied);
    closed.send(()).expect("the older thread waits");
    refused(
        "a socket of an older thread",
        older.join().expect("no panic"),
    );
    refused("UDP", UdpSocket::bind("127.0.0.1:0"));
    refused("UDP over IPv6", UdpSocket::bind("[::1]:0"));
    refused("TCP", TcpListener::bind("127.0.0.1:0"));
    refused("a connection", TcpStream::connect("127.0.0.1:9"));
    let local = std::os::unix::net::UnixDatagram::unbound();
    if cfg!(feature = "cuda") {
        local.expect("the CUDA driver needs local sockets");
    } else {
        refused("a local socket, behind which a proxy may listen", local);
    }
    // io_uring makes sockets without the system call that is refused above.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, std::ptr::null::<u8>()) };
    let error = std::io::Error::last_os_error();
    assert_eq!(
        (ring, error.raw_os_error()),
        (-1, Some(libc::EPERM)),
        "io_uring_setup must be refused: {error}"
    );
    let status = std::fs::read_to_string("/proc/self/status").expect("the process's status");
    let says = |line: &str| {
        status
            .lines()
            .any(|l| l.split_whitespace().eq(line.split(' ')))
    };
    assert!(
        says("NoNewPrivs: 1") && says("Seccomp: 2"),
        "no program with more rights may be started without the filter: {status}"
    );
}
