//! Reading: a few connections that are handed from request to request, each on a thread where waiting hurts nobody.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::scim::Problem;
use crate::store::{Store, StoreError};

/// Connections that read at the same time.
const READERS: usize = 8;

/// Connections for reading.
pub(super) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Store>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default(), permits: Arc::new(Semaphore::new(READERS)) }
    }

    /// Reads on a thread of its own.
    ///
    /// # Errors
    /// What `read` refuses with, or the database does.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let gone = || Problem::new(500, "the server is shutting down");
        // It goes along: a client that hangs up does not make room before the work for it is done.
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| gone())?;
        let idle = self.idle().pop();
        let path = self.path.clone();
        let work = move || -> Result<(Store, Result<T, Problem>), StoreError> {
            let _permit = permit;
            let store = match idle {
                Some(store) => store,
                None => match Store::open_read_only(&path)? {
                    Some(store) => store,
                    None => Store::nothing_yet()?,
                },
            };
            let read = read(&store);
            Ok((store, read))
        };
        let (store, read) = tokio::task::spawn_blocking(work).await.map_err(|_| gone())??;
        self.idle().push(store);
        read
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Store>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
