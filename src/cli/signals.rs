//! What the program is told by signals: Ctrl-C, and SIGTERM where there is that.
//!
//! The idea to hold: the first asks to come to an end in good order, and one who asks again does
//! not want to wait; nothing is lost by that either.

use std::process;
use std::thread;

use super::Failure;

/// How the program was asked to stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub(super) enum Signal {
    /// By Ctrl-C: somebody does not want it any more, or not now.
    Interrupt = 130,
    /// By SIGTERM: the machine is needed, and whoever started it may start it again.
    Terminate = 75,
}

impl Signal {
    /// What it is the exit code of.
    pub(super) const fn code(self) -> u8 {
        self as u8
    }
}

/// Calls back at the first signal, and ends the program at the second.
pub(super) fn listen(told: impl FnOnce(Signal) + Send + 'static) -> Result<(), Failure> {
    let failed = |error| Failure::Output(format!("cannot listen for Ctrl-C: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(failed)?;
    // Signals are heard from here on, whenever the thread begins to wait for them.
    let mut signals = runtime.block_on(async { Signals::new() }).map_err(failed)?;
    thread::spawn(move || {
        runtime.block_on(async move {
            told(signals.next().await);
            process::exit(signals.next().await.code().into());
        });
    });
    Ok(())
}

/// Waits for the first.
pub(super) async fn first() -> Signal {
    match Signals::new() {
        Ok(mut signals) => signals.next().await,
        // Where they are not to be heard, Ctrl-C ends the program.
        Err(_) => std::future::pending().await,
    }
}

/// Signals, as they come.
struct Signals {
    #[cfg(unix)]
    both: [tokio::signal::unix::Signal; 2],
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { both: [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?] })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> Signal {
        let [interrupt, terminate] = &mut self.both;
        tokio::select! {
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    }

    #[cfg(not(unix))]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> Signal {
        let _ = tokio::signal::ctrl_c().await;
        Signal::Interrupt
    }
}
