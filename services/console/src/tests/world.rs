//! A console on a database of its own, and a browser that looks at it.

use bus::Clock;
use contracts::{envelope::Inbound, id::MessageId};
use outbox::{Db, Handler};
use sea_orm::EntityTrait;

use super::story::{self, START, Story, at};
use crate::{
    Console, decided,
    entity::{event, ticket},
    handlers::Heard,
    migration::Migrator,
    pages,
    upstream::Upstream,
};

pub struct World {
    pub db: Db,
    pub clock: Clock,
    client: reqwest::Client,
    address: String,
    _dir: tempfile::TempDir,
}

/// An answer, read.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl World {
    /// A console that heard nothing yet; its clock stands near [`START`].
    pub async fn new() -> Self {
        Self::with_dispatch("").await
    }

    /// The same, whose clerks' acts go to this address.
    pub async fn with_dispatch(url: &str) -> Self {
        Self::beside(url, "").await
    }

    /// The same, beside a dispatch and a classification at these addresses.
    pub async fn beside(dispatch: &str, classification: &str) -> Self {
        let service = |url| Upstream::at(url, "test", ("派单服务", "dispatch")).unwrap();
        let (dispatch, classification) = (service(dispatch), service(classification));
        chassis::install_tls();
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", dir.path().join("console.db").display());
        let db = Db::open::<Migrator>(&url, "console").await.unwrap();
        let clock = Clock::system();
        clock.set(at(START));
        let desk = pages::Desk { db: db.clone(), clock: clock.clone(), page_size: 10, dispatch, classification };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = crate::routes(desk);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            db,
            clock,
            client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            address,
            _dir: dir,
        }
    }

    /// Hears facts in one transaction, as the engine does; every one reaches the fold, repeats included.
    pub async fn hears(&self, facts: &[Heard]) {
        let batch: Vec<Inbound<Heard>> =
            facts.iter().map(|h| Inbound { id: story::id(h), seq: None, now: at(START), body: h.clone() }).collect();
        let tx = self.db.write().await.unwrap();
        let mut desk = Console.load(&tx, &batch).await.unwrap();
        for message in &batch {
            Console.decide(&mut desk, message).unwrap();
        }
        Console.save(&tx, desk).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Hears what is decided for all, each in a transaction of its own.
    pub async fn learns(&self, heard: &[decided::Heard]) {
        for body in heard.iter().cloned() {
            let message = Inbound { id: MessageId::of_event("test", "1"), seq: None, now: at(START), body };
            let tx = self.db.write().await.unwrap();
            let mut desk = decided::Decided.load(&tx, std::slice::from_ref(&message)).await.unwrap();
            decided::Decided.decide(&mut desk, &message).unwrap();
            decided::Decided.save(&tx, desk).await.unwrap();
            tx.commit().await.unwrap();
        }
    }

    pub async fn hears_stories(&self, stories: &[Story]) {
        let facts: Vec<Heard> = stories.iter().flat_map(|s| s.heard.clone()).collect();
        self.hears(&facts).await;
    }

    /// All rows, sorted; versions count writes and are left out.
    pub async fn rows(&self) -> (Vec<ticket::Model>, Vec<event::Model>) {
        let mut tickets = ticket::Entity::find().all(self.db.read()).await.unwrap();
        let mut events = event::Entity::find().all(self.db.read()).await.unwrap();
        tickets.iter_mut().for_each(|t| t.version = 0);
        tickets.sort_by(|a, b| a.ticket_id.cmp(&b.ticket_id));
        events.sort_by(|a, b| (&a.ticket_id, &a.fact).cmp(&(&b.ticket_id, &b.fact)));
        (tickets, events)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, "").await
    }

    pub async fn get_with(&self, path: &str, cookie: &str) -> Answer {
        let request = self.client.get(format!("{}{path}", self.address)).header("cookie", cookie);
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// Sends a form, as a browser on our page does; the redirect is not followed.
    pub async fn post(&self, path: &str, form: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let mut body = reqwest::Url::parse("http://form").unwrap();
        body.query_pairs_mut().extend_pairs(form);
        let body = body.query().unwrap_or_default().to_owned();
        let mut request = self.client.post(format!("{}{path}", self.address)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    /// Numbers on a page of the list, through the JSON face.
    pub async fn numbers(&self, query: &str) -> Vec<String> {
        let answer = self.get(&format!("/api/v1/tickets?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        numbers(&answer.json())
    }
}

pub fn numbers(list: &serde_json::Value) -> Vec<String> {
    let tickets = list["tickets"].as_array().unwrap();
    tickets.iter().map(|t| t["number"].as_str().unwrap().to_owned()).collect()
}
