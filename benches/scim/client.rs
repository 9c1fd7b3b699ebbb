//! A client that costs next to nothing: requests are bytes made beforehand, one connection each, kept open where
//! the server keeps it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection.
pub(crate) struct Client {
    address: String,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: &str) -> Self {
        Self { address: address.to_owned(), stream: open(address).await, buffer: Vec::with_capacity(1 << 16) }
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Reply {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0, "the server hung up");
        };
        let text = std::str::from_utf8(&self.buffer[..head]).unwrap().to_ascii_lowercase();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        assert!(!text.contains("transfer-encoding"), "this client reads no chunks");
        while self.buffer.len() < head + length {
            assert_ne!(self.stream.read_buf(&mut self.buffer).await.unwrap(), 0, "the server hung up");
        }
        if text.starts_with("http/1.0") || text.contains("connection: close") {
            self.stream = open(&self.address).await;
        }
        Reply { status, body: self.buffer[head..head + length].to_vec() }
    }
}

async fn open(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}
