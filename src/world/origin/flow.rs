//! What a response may send by now: told by the network, asked by the body.
//!
//! The idea to hold: bytes are let go by the model of the network and leave as they are let go;
//! whoever sends them sleeps in between.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::cdn::Fault;

/// One transfer, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Flow {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The first byte may leave.
    begun: bool,
    /// So many bytes may have left.
    released: u64,
    /// It is over: whole, or not.
    over: Option<Result<(), Fault>>,
    waker: Option<Waker>,
}

/// How far a transfer has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Come {
    /// So many bytes may have left in all.
    To(u64),
    /// All of it may have.
    Whole,
    /// It fails after so many.
    Fails(u64, Fault),
}

impl Flow {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many bytes may have left; none is taken back.
    pub(super) fn release(&self, upto: u64) {
        self.change(|state| {
            state.begun = true;
            state.released = state.released.max(upto);
        });
    }

    /// No more will come of it.
    pub(super) fn end(&self, how: Result<(), Fault>) {
        self.change(|state| state.over = Some(how));
    }

    fn change(&self, how: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.state();
            how(&mut state);
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Waits for the first byte, or for the news that there is none.
    pub(super) async fn begins(&self) -> Result<(), Fault> {
        std::future::poll_fn(|cx| {
            let mut state = self.state();
            match state.over {
                Some(Err(fault @ (Fault::Error(_) | Fault::Reset))) => Poll::Ready(Err(fault)),
                Some(_) => Poll::Ready(Ok(())),
                None if state.begun => Poll::Ready(Ok(())),
                None => {
                    state.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// How far it has come, once that is more than so many bytes.
    pub(super) fn beyond(&self, sent: u64, cx: &Context<'_>) -> Poll<Come> {
        let mut state = self.state();
        match state.over {
            Some(Ok(())) => Poll::Ready(Come::Whole),
            Some(Err(fault)) => Poll::Ready(Come::Fails(state.released, fault)),
            None if state.released > sent => Poll::Ready(Come::To(state.released)),
            None => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}
