//! A stream that does not wait for ever: a head that dawdles and an answer that nobody takes end the connection. Only
//! what hyper cannot tell apart is watched here; the time between requests is its own to watch.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use super::Limits;

/// Whether no request is under way, so that the next bytes begin one.
#[derive(Clone, Debug, Default)]
pub(super) struct Between(Arc<AtomicBool>);

impl Between {
    pub(super) fn set(&self, between: bool) {
        self.0.store(between, Ordering::Release);
    }

    fn is_so(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A stream that does not wait for ever.
pub(super) struct Watched<S> {
    stream: S,
    between: Between,
    limits: Limits,
    /// Runs from a head's first byte on.
    head: Option<Pin<Box<Sleep>>>,
    /// Runs while nothing of an answer is taken.
    write: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    /// The head of the first request is due from now on.
    pub(super) fn new(stream: S, between: Between, limits: Limits) -> Self {
        between.set(true);
        Self { stream, between, limits, head: Some(Box::pin(sleep(limits.head))), write: None }
    }
}

/// What came of a write, or that it has been pending for too long.
fn in_time<T>(
    done: Poll<io::Result<T>>,
    timer: &mut Option<Pin<Box<Sleep>>>,
    patience: Duration,
    context: &mut Context<'_>,
) -> Poll<io::Result<T>> {
    if done.is_ready() {
        *timer = None;
        return done;
    }
    ready!(timer.get_or_insert_with(|| Box::pin(sleep(patience))).as_mut().poll(context));
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let between = self.between.is_so();
        if !between {
            self.head = None;
        }
        let before = into.filled().len();
        match Pin::new(&mut self.stream).poll_read(context, into) {
            Poll::Ready(read) => {
                if between && self.head.is_none() && into.filled().len() > before {
                    self.head = Some(Box::pin(sleep(self.limits.head)));
                }
                Poll::Ready(read)
            }
            Poll::Pending => match &mut self.head {
                Some(head) => {
                    ready!(head.as_mut().poll(context));
                    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
                }
                None => Poll::Pending,
            },
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let done = Pin::new(&mut this.stream).poll_write(context, bytes);
        in_time(done, &mut this.write, this.limits.write, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let done = Pin::new(&mut this.stream).poll_write_vectored(context, slices);
        in_time(done, &mut this.write, this.limits.write, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let done = Pin::new(&mut this.stream).poll_flush(context);
        in_time(done, &mut this.write, this.limits.write, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let done = Pin::new(&mut this.stream).poll_shutdown(context);
        in_time(done, &mut this.write, this.limits.write, context)
    }
}
