//! A hotline platform, simulated: sends orders in its own words, takes callbacks, and can be down.
//!
//! It is what the other side of the bridge should be: it checks the signature of every callback, knows a repeated
//! one by its idempotency key, and writes every call down.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode, header::CONNECTION},
    routing::post,
    serve::Listener,
};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Longest wait for a callback.
const PATIENCE: Duration = Duration::from_secs(60);

/// The words of a platform, as the bridge's shipped configuration has them.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Connection in the bridge's configuration.
    pub connection: &'static str,
    /// Fields of an order: number, text, name, phone, place.
    pub order: [&'static str; 5],
    /// Fields of a callback: number, kind, sequence number.
    pub callback: [&'static str; 3],
    /// Kind that says that the order is closed.
    pub closed: &'static str,
}

/// 12345.
pub const WORDS_12345: Words = Words {
    connection: "12345",
    order: ["order_no", "content", "caller_name", "caller_tel", "addr"],
    callback: ["order_no", "status", "seq"],
    closed: "CLOSED",
};

/// 12343.
pub const WORDS_12343: Words = Words {
    connection: "12343",
    order: ["工单编号", "诉求内容", "来电人", "联系电话", "事发地址"],
    callback: ["工单编号", "办理状态", "序号"],
    closed: "已办结",
};

/// How the platform is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// It answers with this status.
    Answers(u16),
    /// It takes no connection: each is reset at once.
    Resets,
}

/// A call that reached the platform.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What the platform answered; none if it reset the connection.
    pub answered: Option<u16>,
    /// The signature was right.
    pub signed: bool,
    /// The key had been taken before.
    pub repeated: bool,
    /// `Idempotency-Key`.
    pub key: String,
    /// `X-Gridline-Connection`.
    pub connection: String,
    /// The body as it came.
    pub body: String,
    /// The order's number, from the body.
    pub order_no: String,
    /// The kind in the platform's words, from the body.
    pub kind: String,
    /// The sequence number, from the body.
    pub seq: u64,
}

/// A simulated hotline platform on a free port of loopback.
#[derive(Debug)]
pub struct HotlinePlatform {
    words: Words,
    secret: String,
    address: SocketAddr,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

#[derive(Debug)]
struct Desk {
    words: Words,
    secret: String,
    outage: Mutex<(usize, Outage)>,
    calls: watch::Sender<Vec<Call>>,
}

impl HotlinePlatform {
    /// Starts a platform that speaks so and checks signatures with `secret`.
    pub async fn start(words: Words, secret: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let outage = Mutex::new((0, Outage::Resets));
        let desk = Arc::new(Desk { words, secret: secret.to_owned(), outage, calls: watch::Sender::new(Vec::new()) });
        let router = Router::new().route("/callback", post(take)).with_state(desk.clone());
        let listener = Flaky { listener, desk: desk.clone() };
        let server = tokio::spawn(async move {
            // ends with the platform only
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { words, secret: secret.to_owned(), address, desk, server })
    }

    /// Where it takes callbacks.
    pub fn callback_url(&self) -> String {
        format!("http://{}/callback", self.address)
    }

    /// The key of its signatures.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Is down for the next `tries`.
    pub fn down_for(&self, tries: usize, outage: Outage) {
        *self.desk.outage() = (tries, outage);
    }

    /// An order in its own words.
    pub fn order(&self, order_no: &str, text: &str, name: &str, phone: &str, place: &str) -> Value {
        let values = [order_no, text, name, phone, place];
        let fields = self.words.order.iter().zip(values).map(|(k, v)| ((*k).to_owned(), Value::from(v)));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    /// Sends an order to the bridge at the URL `bridge`; gives the status and the answer.
    pub async fn sends(&self, bridge: &str, order: &Value) -> reqwest::Result<(u16, Value)> {
        let url = format!("{bridge}/hotlines/{}/orders", self.words.connection);
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let answer = client.post(url).json(order).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Waits for the callback that says that the order is closed.
    ///
    /// # Panics
    ///
    /// If it does not come in time.
    pub async fn closed(&self, order_no: &str) -> Call {
        let closed = |c: &&Call| c.order_no == order_no && c.kind == self.words.closed && c.answered == Some(200);
        let mut calls = self.desk.calls.subscribe();
        let found = calls.wait_for(|calls| calls.iter().any(|c| closed(&c)));
        let found = tokio::time::timeout(PATIENCE, found).await;
        let found = found.ok().and_then(Result::ok).and_then(|calls| calls.iter().find(closed).cloned());
        found.unwrap_or_else(|| panic!("order {order_no} was not closed in {PATIENCE:?}; calls: {:#?}", self.calls()))
    }

    /// All calls so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.desk.calls.borrow().clone()
    }

    /// Callbacks that took effect: answered with 200, each key once, in order.
    pub fn taken(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|c| c.answered == Some(200) && !c.repeated).collect()
    }
}

impl Drop for HotlinePlatform {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Desk {
    fn outage(&self) -> MutexGuard<'_, (usize, Outage)> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One try has come: is the platform down for it, in a way that `now` is the place for?
    fn strikes(&self, now: impl Fn(Outage) -> bool) -> Option<Outage> {
        let mut outage = self.outage();
        let (left, how) = *outage;
        (left > 0 && now(how)).then(|| {
            outage.0 -= 1;
            how
        })
    }

    fn signed(&self, header: &str, body: &[u8]) -> bool {
        let parts = header.split_once(',').and_then(|(t, v)| Some((t.strip_prefix("t=")?, v.strip_prefix("v1=")?)));
        let Some((t, Ok(given))) = parts.map(|(t, v)| (t, hex::decode(v))) else { return false };
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else { return false };
        mac.chain_update(t).chain_update(".").chain_update(body).verify_slice(&given).is_ok()
    }
}

async fn take(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> (StatusCode, [(HeaderName, &'static str); 1]) {
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let signed = desk.signed(&header("x-gridline-signature"), &body);
    let outage = desk.strikes(|how| matches!(how, Outage::Answers(_)));
    let status = match outage {
        Some(Outage::Answers(status)) => status,
        _ if signed => 200,
        _ => 401,
    };
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let [order_no, kind, seq] = desk.words.callback.map(|field| json.get(field).cloned().unwrap_or_default());
    let text = |v: Value| v.as_str().unwrap_or_default().to_owned();
    let key = header("idempotency-key");
    desk.calls.send_modify(|calls| {
        let repeated = calls.iter().any(|c| c.key == key && c.answered == Some(200));
        calls.push(Call {
            answered: Some(status),
            signed,
            repeated,
            key,
            connection: header("x-gridline-connection"),
            body: String::from_utf8_lossy(&body).into_owned(),
            order_no: text(order_no),
            kind: text(kind),
            seq: seq.as_u64().unwrap_or_default(),
        });
    });
    // each call is a new connection, so that an outage strikes the next one
    (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), [(CONNECTION, "close")])
}

/// A listener that resets connections while the platform is down that way.
struct Flaky {
    listener: TcpListener,
    desk: Arc<Desk>,
}

impl Listener for Flaky {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            let (stream, from) = Listener::accept(&mut self.listener).await;
            if self.desk.strikes(|how| how == Outage::Resets).is_none() {
                return (stream, from);
            }
            // closed with no linger: the caller sees a reset, not an end
            let _ = stream.set_zero_linger();
            self.desk.calls.send_modify(|calls| calls.push(Call::reset()));
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Call {
    /// A connection that was reset: nothing was read of it.
    fn reset() -> Self {
        Self {
            answered: None,
            signed: false,
            repeated: false,
            key: String::new(),
            connection: String::new(),
            body: String::new(),
            order_no: String::new(),
            kind: String::new(),
            seq: 0,
        }
    }
}
