//! The task of a phone: its socket, its transactions, its one call.
//!
//! Promises: answers every request. Leaves to others: the dialog (`call`), RTP (`media`), registration (`register`).

use super::{Order, PhoneConfig, PhoneView};
use std::{io, net::SocketAddr};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
};

/// A phone at work.
pub(crate) struct Line {
    _config: PhoneConfig,
    _socket: UdpSocket,
    _view: watch::Sender<PhoneView>,
}

impl Line {
    /// Sets the line up on its socket.
    pub(crate) async fn open(
        config: PhoneConfig,
        socket: UdpSocket,
        _address: SocketAddr,
        view: watch::Sender<PhoneView>,
    ) -> io::Result<Self> {
        Ok(Self { _config: config, _socket: socket, _view: view })
    }

    /// Runs until every handle is gone.
    pub(crate) async fn run(self, mut orders: mpsc::Receiver<Order>) {
        while orders.recv().await.is_some() {}
    }
}
