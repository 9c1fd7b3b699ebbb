//! Listings: they end where the directory says so, and a page that fails or repeats fails them whole.

use std::sync::Mutex;

use dirsync::http::{Api, Page};
use dirsync::model::{Failure, FailureKind};

use super::room::api;
use super::script::{Reply, Script, reply};

/// A page `items>next`; without `>` the last.
fn parse(body: &[u8]) -> Result<Page<Vec<String>>, Failure> {
    let text = std::str::from_utf8(body).unwrap();
    let (items, next) = text.split_once('>').map_or((text, None), |(items, next)| (items, Some(next.to_owned())));
    let items = Some(items.to_owned()).filter(|items| !items.is_empty()).into_iter().collect();
    Ok(Page { items, next })
}

/// Reads the listing; what came, and how it ended. A page `stop` makes the reader give up.
async fn list(api: &Api) -> (Vec<String>, Result<(), Failure>) {
    let got = Mutex::new(Vec::new());
    let request = |next: Option<String>| Ok(api.url("things", &[("page", next.as_deref().unwrap_or("first"))]));
    let ended = api
        .pages("things", request, parse, |items| {
            Box::pin(async {
                if items == ["stop"] {
                    return Err(Failure::new(FailureKind::Refused, "the disk is full"));
                }
                got.lock().unwrap().extend(items);
                Ok(())
            })
        })
        .await;
    (got.into_inner().unwrap(), ended)
}

async fn script(pages: &[&str]) -> Script {
    Script::start(pages.iter().map(|page| reply(200, page))).await
}

#[tokio::test]
async fn all_pages_come_in_order_and_none_twice() {
    let script = script(&["a>2", "b>3", ">4", "d"]).await;
    let (got, ended) = list(&api(&script.base)).await;
    ended.unwrap();
    assert_eq!(got, ["a", "b", "d"]);
    assert_eq!(script.queries(), ["page=first", "page=2", "page=3", "page=4"]);
}

#[tokio::test]
async fn an_empty_next_token_ends_the_listing() {
    let script = script(&["a>2", "b>"]).await;
    let (got, ended) = list(&api(&script.base)).await;
    ended.unwrap();
    assert_eq!((got.len(), script.asked()), (2, 2));
}

#[tokio::test]
async fn a_token_that_comes_back_fails_the_listing() {
    for pages in [&["a>2", "b>2"][..], &["a>2", "b>3", "c>2"]] {
        let script = script(pages).await;
        let (_, ended) = list(&api(&script.base)).await;
        let failure = ended.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Malformed);
        assert!(failure.message.starts_with("things: ") && failure.hint.is_some(), "{failure:?}");
        assert_eq!(script.asked(), pages.len());
    }
}

#[tokio::test]
async fn a_page_that_fails_for_a_while_is_no_harm() {
    let replies: Vec<Reply> = vec![reply(200, "a>2"), reply(503, ""), reply(200, "b")];
    let script = Script::start(replies).await;
    let (got, ended) = list(&api(&script.base)).await;
    ended.unwrap();
    assert_eq!(got, ["a", "b"]);
    assert_eq!(script.queries(), ["page=first", "page=2", "page=2"]);
}

#[tokio::test]
async fn a_page_that_fails_for_good_fails_the_listing() {
    let script = Script::start([reply(200, "a>2"), reply(403, "")]).await;
    let (got, ended) = list(&api(&script.base)).await;
    assert_eq!((got, ended.unwrap_err().message), (vec!["a".to_owned()], "things: refused".to_owned()));
}

#[tokio::test]
async fn a_reader_that_gives_up_ends_the_listing_with_its_own_reason() {
    let script = script(&["a>2", "stop>3", "c>4", "d"]).await;
    let (got, ended) = list(&api(&script.base)).await;
    assert_eq!((got, ended.unwrap_err().message), (vec!["a".to_owned()], "the disk is full".to_owned()));
    assert!(script.asked() < 4);
}

#[tokio::test]
async fn empty_pages_without_end_are_cut_off() {
    let pages = (0..1_100).map(|number| reply(200, &format!(">{number}")));
    let script = Script::start(pages).await;
    let (got, ended) = list(&api(&script.base)).await;
    let failure = ended.unwrap_err();
    assert_eq!((got.len(), failure.kind), (0, FailureKind::Malformed));
    assert!(failure.message.contains("does not end") && failure.hint.is_some(), "{failure:?}");
    assert_eq!(script.asked(), 1_001);
}
