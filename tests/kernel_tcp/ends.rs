//! Two hosts, each in a network namespace of its own, with nothing but a TUN device.
//!
//! The idea to hold: a namespace belongs to a thread, and sockets and devices to the namespace of
//! the thread that made them; so a host is a thread, and the relay holds both devices.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Socket, Type};
use tun::{Configuration, Device};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
const PORT: u16 = 8_000;

/// Downloads over one connection, one after another.
pub(crate) type Plan = Vec<(Duration, usize)>;

/// How long each took, the first with the opening of the connection.
pub(crate) type Times = io::Result<Vec<Duration>>;

/// A client that downloads what it is asked to.
pub(crate) struct Client {
    pub(crate) device: Arc<Device>,
    plans: Sender<Plan>,
    times: Receiver<Times>,
}

impl Client {
    pub(crate) fn download(&self, plan: Plan) -> Times {
        self.plans.send(plan).map_err(io::Error::other)?;
        self.times.recv().map_err(io::Error::other)?
    }
}

/// A host that serves as many bytes as it is asked for.
pub(crate) fn server() -> io::Result<Arc<Device>> {
    host(SERVER, || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Connections have it of the socket that listens.
        socket.set_tcp_congestion(b"cubic")?;
        socket.bind(&SocketAddr::V4(SocketAddrV4::new(SERVER, PORT)).into())?;
        socket.listen(8)?;
        let listener = TcpListener::from(socket);
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // Whoever goes away ends it.
                thread::spawn(move || serve(connection));
            }
        });
        Ok(())
    })
    .map(|(device, ())| device)
}

/// A host that downloads.
pub(crate) fn client() -> io::Result<Client> {
    let (device, (plans, times)) = host(CLIENT, || {
        let (plans, asked) = channel::<Plan>();
        let (answer, times) = channel();
        thread::spawn(move || {
            for plan in asked {
                if answer.send(follow(&plan)).is_err() {
                    return;
                }
            }
        });
        Ok((plans, times))
    })?;
    Ok(Client { device, plans, times })
}

/// A new namespace with a device at an address, and what is made in it.
fn host<T: Send + 'static>(
    address: Ipv4Addr,
    make: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<(Arc<Device>, T)> {
    let thread = thread::spawn(move || {
        prefer();
        unshare(CloneFlags::CLONE_NEWNET)?;
        // Nothing is remembered of one connection for the next, and no buffer is the bottleneck.
        for (name, value) in [
            ("tcp_no_metrics_save", "1"),
            ("tcp_rmem", "4096 8388608 33554432"),
            ("tcp_wmem", "4096 8388608 33554432"),
        ] {
            std::fs::write(format!("/proc/sys/net/ipv4/{name}"), value)?;
        }
        let mut configuration = Configuration::default();
        configuration.address(address).netmask((255, 255, 255, 0)).mtu(1_500).up();
        let device = tun::create(&configuration).map_err(io::Error::other)?;
        device.set_nonblock()?;
        Ok((Arc::new(device), make()?))
    });
    thread.join().map_err(|_| io::Error::other("a host panicked"))?
}

/// Asks for the processor before anybody else, so that a busy machine looks like an idle one. What
/// a thread starts inherits it. Where it cannot be had, times are less sure.
pub(crate) fn prefer() {
    let thread = nix::unistd::gettid().to_string();
    let asked = Command::new("chrt").args(["--fifo", "--pid", "10", &thread]).output();
    if !asked.is_ok_and(|output| output.status.success()) {
        println!("without chrt: times depend on what else this machine does");
    }
}

fn serve(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let bytes = vec![0x5a; 1 << 16];
    let mut wanted = [0; 8];
    while connection.read_exact(&mut wanted).is_ok() {
        let mut left = u64::from_le_bytes(wanted) as usize;
        while left > 0 {
            left -= connection.write(&bytes[..left.min(bytes.len())])?;
        }
    }
    Ok(())
}

fn follow(plan: &Plan) -> Times {
    let mut buffer = vec![0; 1 << 16];
    let mut times = Vec::new();
    let mut open: Option<TcpStream> = None;
    for &(wait, size) in plan {
        thread::sleep(wait);
        let began = Instant::now();
        let connection = match &mut open {
            Some(connection) => connection,
            none => none.insert(TcpStream::connect((SERVER, PORT))?),
        };
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(Duration::from_secs(60)))?;
        connection.write_all(&(size as u64).to_le_bytes())?;
        let mut left = size;
        while left > 0 {
            match connection.read(&mut buffer[..left.min(1 << 16)])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => left -= read,
            }
        }
        times.push(began.elapsed());
    }
    Ok(times)
}
