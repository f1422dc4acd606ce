//! Who asks for a page, in which language, and the frame around every page.

use askama::Template;
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use contracts::problem::Problem;

use crate::{lamp::china, lang::Lang, names, pages::Desk};

/// Why there is no page.
pub type Failure = (StatusCode, Problem);

/// The asker: language, and what is asked.
pub struct Visit {
    /// Language.
    pub lang: Lang,
    /// The language was chosen just now.
    chosen: bool,
    /// What is asked, without the language.
    pub pairs: Vec<(String, String)>,
}

impl Visit {
    /// The language is chosen by `?lang=`, remembered by the cookie, and Chinese if nobody chose.
    pub fn new(query: Vec<(String, String)>, headers: &HeaderMap) -> Result<Self, Failure> {
        let (asked, pairs): (Vec<_>, Vec<_>) = query.into_iter().partition(|(k, _)| k == "lang");
        let asked = asked.last().map(|(_, code)| Lang::of_code(code).ok_or_else(bad_lang)).transpose()?;
        Ok(Self { lang: asked.unwrap_or_else(|| remembered(headers)), chosen: asked.is_some(), pairs })
    }

    /// The page, or why there is none.
    pub fn answer(&self, page: Result<String, Failure>) -> Response {
        let response = page.map(|html| Html(html).into_response()).unwrap_or_else(|failure| failed(failure, self.lang));
        // our own forms say where they come from; no other site is told anything
        let fixed = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "same-origin")];
        let response = (fixed, response).into_response();
        if !self.chosen {
            return response;
        }
        let cookie = format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly", self.lang.code());
        ([(header::SET_COOKIE, cookie)], response).into_response()
    }

    /// What the page has around it; `here` is its address.
    pub fn frame(&self, desk: &Desk, title: String, here: &str, section: &'static str) -> Frame {
        let join = if here.contains('?') { '&' } else { '?' };
        let switch = format!("{here}{join}lang={}", self.lang.other().code());
        Frame { lang: self.lang, title, switch, section, district: names::district(), now: china(desk.clock.now()) }
    }
}

/// The language that was chosen before.
pub fn remembered(headers: &HeaderMap) -> Lang {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    cookies.filter_map(|c| c.trim().strip_prefix("lang=")).find_map(Lang::of_code).unwrap_or_default()
}

fn bad_lang() -> Failure {
    (StatusCode::BAD_REQUEST, Problem::field("lang", "应为 zh 或 en", "takes zh or en"))
}

/// What every page has.
pub struct Frame {
    /// Language.
    pub lang: Lang,
    /// Title.
    pub title: String,
    /// This page in the other language.
    pub switch: String,
    /// Part of the navigation that it belongs to.
    pub section: &'static str,
    /// Name of the district.
    pub district: &'static str,
    /// The time of its data.
    pub now: String,
}

#[derive(Template)]
#[template(path = "failed.html")]
struct FailedPage<'a> {
    lang: Lang,
    status: u16,
    problem: Problem,
    back: &'a str,
}

/// The page that says why there is none.
pub fn failed(failure: Failure, lang: Lang) -> Response {
    failed_at(failure, lang, "/tickets")
}

/// The same, with a way back to where the asker was.
pub fn failed_at((status, problem): Failure, lang: Lang, back: &str) -> Response {
    match (FailedPage { lang, status: status.as_u16(), problem, back }.render()) {
        Ok(html) => (status, [(header::CACHE_CONTROL, "no-store")], Html(html)).into_response(),
        Err(_) => status.into_response(),
    }
}
