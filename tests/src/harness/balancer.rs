//! What stands before several servers: one address, from which connections go to the server that it
//! points at.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub struct Balancer {
    port: u16,
    target: Arc<Mutex<SocketAddr>>,
    accepting: JoinHandle<()>,
}

impl Balancer {
    /// Points at a port of this machine. Lives in the runtime in which it is started.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let own = listener.local_addr()?.port();
        let target = Arc::new(Mutex::new(SocketAddr::from(([127, 0, 0, 1], port))));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&target)));
        Ok(Self { port: own, target, accepting })
    }

    /// From now on connections go there; those that are open stay where they are.
    pub fn point_at(&self, port: u16) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = ([127, 0, 0, 1], port).into();
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: Arc<Mutex<SocketAddr>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let target = *target.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(async move {
            // Nobody there: the client's connection ends, as one to that server would.
            if let Ok(mut server) = TcpStream::connect(target).await {
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}
