//! Pages of a list and the `Link` header that joins them.

use std::convert::Infallible;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{header::LINK, request::Parts},
    response::{AppendHeaders, IntoResponse, Response},
};
use serde_json::Value;
use url::form_urlencoded;

use super::BaseUrl;

const DEFAULT_SIZE: usize = 30;
const LARGEST: usize = 100;

/// The page that a request asks for. Odd numbers count as not given.
#[derive(Clone, Debug)]
pub struct Pagination {
    page: usize,
    size: usize,
    /// The list's address, with neither query nor page.
    url: String,
    /// The query without the page's number.
    others: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Pagination {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let base = BaseUrl::from_request_parts(parts, state).await?;
        // The router has taken the API's prefix off.
        Ok(Self::read(base.api(parts.uri.path()), parts.uri.query().unwrap_or_default()))
    }
}

impl Pagination {
    fn read(url: String, query: &str) -> Self {
        let all: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let number = |wanted: &str| {
            let found = all.iter().rev().find(|(name, _)| name == wanted);
            found.and_then(|(_, text)| text.parse::<usize>().ok()).filter(|number| *number > 0)
        };
        Self {
            page: number("page").unwrap_or(1),
            size: number("per_page").unwrap_or(DEFAULT_SIZE).min(LARGEST),
            url,
            others: all.into_iter().filter(|(name, _)| name != "page").collect(),
        }
    }

    /// This page of a list, with links to its neighbours.
    pub fn cut(&self, list: Vec<Value>) -> Response {
        let link = self.link(list.len()).map(|link| (LINK, link));
        let skipped = (self.page - 1).saturating_mul(self.size);
        let page: Vec<Value> = list.into_iter().skip(skipped).take(self.size).collect();
        (AppendHeaders(link), Json(page)).into_response()
    }

    fn link(&self, total: usize) -> Option<String> {
        let last = total.div_ceil(self.size).max(1);
        let mut links = Vec::new();
        if self.page > 1 {
            links.push(("prev", (self.page - 1).min(last)));
        }
        if self.page < last {
            links.push(("next", self.page + 1));
            links.push(("last", last));
        }
        if self.page > 1 {
            links.push(("first", 1));
        }
        let shown: Vec<_> = links
            .into_iter()
            .map(|(relation, page)| format!("<{}>; rel=\"{relation}\"", self.address(page)))
            .collect();
        (!shown.is_empty()).then(|| shown.join(", "))
    }

    fn address(&self, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.others).append_pair("page", &page.to_string());
        format!("{}?{}", self.url, query.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(query: &str, total: usize) -> Option<String> {
        Pagination::read("https://h/api/v3/user/repos".to_owned(), query).link(total)
    }

    #[test]
    fn links_lead_to_the_neighbours_and_keep_the_query() {
        let at =
            |page| format!("<https://h/api/v3/user/repos?visibility=all&per_page=2&page={page}>");
        let query = |page| format!("visibility=all&page={page}&per_page=2");
        let (first, second, third) = (at(1), at(2), at(3));
        assert_eq!(
            link(&query(1), 5).unwrap(),
            format!("{second}; rel=\"next\", {third}; rel=\"last\"")
        );
        assert_eq!(
            link(&query(2), 5).unwrap(),
            format!(
                "{first}; rel=\"prev\", {third}; rel=\"next\", {third}; rel=\"last\", {first}; rel=\"first\""
            )
        );
        assert_eq!(
            link(&query(3), 5).unwrap(),
            format!("{second}; rel=\"prev\", {first}; rel=\"first\"")
        );
        assert_eq!(
            link(&query(99), 5).unwrap(),
            format!("{third}; rel=\"prev\", {first}; rel=\"first\"")
        );
    }

    #[test]
    fn one_page_has_no_links_and_odd_numbers_are_not_given() {
        assert_eq!(link("", 30), None);
        assert_eq!(link("", 0), None);
        assert!(link("", 31).is_some());
        assert_eq!(link("per_page=0&page=-1", 30), None);
        assert_eq!(link("per_page=1000", 100), None);
        assert!(link("per_page=1000", 101).is_some());
        assert!(link("page=18446744073709551615&per_page=100", 5).is_some());
    }
}
