//! A local web page over a store: its runs, their files and messages, and runs that go on.
//!
//! ```text
//!   connection ─► guard ─► route ─► handlers ─► pages ─► answer
//!                 who may  what is  files       maud     headers, streams
//!                 ask      asked    │
//!                                   ├ shelf    the list of runs
//!                                   ├ search   messages of a file of any size
//!                                   ├ follow   tail ─► progress, of a run that goes on
//!                                   └ place    files below the store, links not followed
//! ```
//!
//! Nothing is ever written. Requests are untrusted (any page in the same browser can make
//! them), and so are the files: nodes wrote into them. `guard` has the rules for the
//! first; for the second, everything shown is escaped, and what is sent as it is is text.
//!
//! The server is hyper's HTTP/1 on a current-thread tokio: routes are a pure function here,
//! so a framework would add little but its build (of axum with tower-http: 49 packages
//! instead of 19, and 4 to 6 times the time).

mod answer;
mod events;
mod follow;
mod guard;
mod handlers;
mod listen;
mod pages;
mod place;
mod progress;
mod route;
mod search;
mod shelf;
mod tail;

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;

use answer::Answer;
use guard::Refusal;
use handlers::{Asked, Failure, Shop};
use route::{Part, Query, Route};

pub use guard::Listening;
pub use listen::Listen;

/// So many connections are open at once; others wait.
const CONNECTIONS: usize = 256;
/// So many threads read files.
const READERS: usize = 16;
/// How long a request may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    listening: Listening,
    shop: Shop,
}

impl Server {
    /// Listens. The store need not exist yet.
    ///
    /// # Errors
    /// If it cannot listen there; the text says what to do.
    pub fn bind(store: PathBuf, listen: &Listen) -> Result<Server, String> {
        let (listener, listening) = listen.bind()?;
        Ok(Server {
            listener,
            listening,
            shop: Shop::new(store),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn listening(&self) -> &Listening {
        &self.listening
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// If it cannot begin.
    pub fn run(self) -> io::Result<Infallible> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .max_blocking_threads(READERS)
            .build()?;
        self.listener.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            listening: self.listening,
            shop: Arc::new(self.shop),
        });
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            accept(listener, shared).await
        })
    }
}

#[derive(Debug)]
struct Shared {
    listening: Listening,
    shop: Arc<Shop>,
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) -> io::Result<Infallible> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, or the peer went: neither is the end.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { Ok::<Answer, Infallible>(respond(&shared, &request).await) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), service);
            // What breaks a connection is its client's.
            let _ = connection.await;
            drop(place);
        });
    }
}

async fn respond(shared: &Shared, request: &Request<Incoming>) -> Answer {
    if let Err(refusal) = admit(&shared.listening, request) {
        return refused(refusal);
    }
    let Some(route) = Route::parse(request.uri().path()) else {
        return Failure::Absent("There is no such page here.".to_owned()).answer();
    };
    let header = |name| request.headers().get(name)?.to_str().ok();
    // We send nothing that `If-Range` could compare.
    let range = header(header::RANGE).filter(|_| header(header::IF_RANGE).is_none());
    let asked = Asked {
        route,
        query: Query::parse(request.uri().query()),
        range: range.map(str::to_owned),
        head: request.method() == Method::HEAD,
    };
    let shop = Arc::clone(&shared.shop);
    match asked.route {
        Route::RunsEvents => events::list(shop, asked.query),
        Route::Run(run, Part::Events) => events::run(shop, run),
        _ => {
            let answered = tokio::task::spawn_blocking(move || shop.answer(&asked)).await;
            answered.unwrap_or_else(|_| {
                let text = "This is a bug in Swelkie: please report what stands on its stderr.";
                Failure::Ours(text.to_owned()).answer()
            })
        }
    }
}

/// The hosts that a request names, and its method.
fn admit(listening: &Listening, request: &Request<Incoming>) -> Result<(), Refusal> {
    let named = request.headers().get_all(header::HOST).iter();
    let mut hosts = Vec::new();
    for host in named {
        hosts.push(host.to_str().map_err(|_| Refusal::Host)?);
    }
    if hosts.len() > 1 {
        return Err(Refusal::Host);
    }
    let authority = request.uri().authority();
    hosts.extend(authority.map(|authority| authority.as_str()));
    listening.admit(request.method(), &hosts)
}

fn refused(refusal: Refusal) -> Answer {
    let (status, text) = match refusal {
        Refusal::Method => (
            StatusCode::METHOD_NOT_ALLOWED,
            "This page only shows things: GET and HEAD.",
        ),
        Refusal::Host => (
            StatusCode::MISDIRECTED_REQUEST,
            "This request names a host that is not this machine. Use the address that \
             `swelkie serve` printed; a name of your own works when it was given: \
             `swelkie serve --listen NAME:PORT`.",
        ),
    };
    let mut answer = answer::page(status, pages::problem(status, text));
    if refusal == Refusal::Method {
        let allowed = HeaderValue::from_static("GET, HEAD");
        answer.headers_mut().insert(header::ALLOW, allowed);
    }
    answer
}
