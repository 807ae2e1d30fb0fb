use reqwest::{Client, Response};

use super::*;
use crate::testing::TestServer;

#[test]
fn only_names_with_a_hash_are_kept_for_ever() {
    for hashed in ["/ui-0f3a9c2e41b7.wasm", "/snippets/inline-0f3a9c2e41b7.js"] {
        assert_eq!(caching(hashed), FOREVER, "{hashed}");
    }
    for plain in [
        "/index.html",
        "/",
        "/sw.js",
        "/manifest.webmanifest",
        "/work-orders/WO-1",
        "/icon-192.png",
        "/a-b.js",
    ] {
        assert_eq!(caching(plain), "no-cache", "{plain}");
    }
}

async fn get(server: &TestServer, path: &str, encodings: &str) -> Response {
    // It would unpack what is looked at.
    let client = Client::builder().no_brotli().build().expect("a client");
    let request = client.get(server.url(path)).header("accept-encoding", encodings);
    request.send().await.expect("the server answers")
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn the_bundle_is_served_compressed_as_it_was_built_and_screens_get_the_page() {
    let bundle = tempfile::tempdir().expect("a directory");
    for (name, content) in [
        ("index.html", "<p>page"),
        ("sw.js", "worker"),
        ("ui-0f3a9c2e41b7.wasm", "plain"),
        ("ui-0f3a9c2e41b7.wasm.br", "brotli"),
        ("ui-0f3a9c2e41b7.wasm.gz", "gzip"),
    ] {
        std::fs::write(bundle.path().join(name), content).expect("writes");
    }
    let server = TestServer::start_with_web(Some(bundle.path().to_owned())).await;

    let wasm = get(&server, "/ui-0f3a9c2e41b7.wasm", "gzip, br").await;
    assert_eq!(
        (header(&wasm, "content-encoding"), header(&wasm, "content-type")),
        ("br", "application/wasm")
    );
    assert!(header(&wasm, "cache-control").contains("immutable"));
    assert_eq!(wasm.text().await.expect("a body"), "brotli");
    assert_eq!(get(&server, "/ui-0f3a9c2e41b7.wasm", "gzip").await.text().await.expect("a body"), "gzip");
    assert_eq!(get(&server, "/ui-0f3a9c2e41b7.wasm", "").await.text().await.expect("a body"), "plain");

    for screen in ["/", "/orders", "/orders/01a1fa96-79c9-72a2"] {
        let page = get(&server, screen, "").await;
        assert_eq!(header(&page, "cache-control"), "no-cache", "{screen}");
        assert!(header(&page, "content-security-policy").contains("script-src 'self' 'wasm-unsafe-eval'"));
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        assert_eq!(page.text().await.expect("a body"), "<p>page", "{screen}");
    }
    assert_eq!(header(&get(&server, "/sw.js", "").await, "cache-control"), "no-cache");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_the_page() {
    let bundle = tempfile::tempdir().expect("a directory");
    std::fs::write(bundle.path().join("index.html"), "<p>page").expect("writes");
    let server = TestServer::start_with_web(Some(bundle.path().to_owned())).await;
    for path in ["/ui-000000000000.js", "/..%2f..%2fetc/passwd.txt", "/api/v1/nothing", "/api/"] {
        let reply = get(&server, path, "").await;
        assert_eq!(reply.status(), 404, "{path}");
        assert_eq!(header(&reply, "content-type"), "application/problem+json", "{path}");
        assert!(!header(&reply, "cache-control").contains("immutable"), "{path}");
    }
    let post = Client::new().post(server.url("/")).send().await.expect("the server answers");
    assert_eq!(post.status(), 404);
}

#[tokio::test]
async fn without_a_bundle_a_page_says_how_to_get_one() {
    let server = TestServer::start().await;
    let page = get(&server, "/", "").await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.expect("a body").contains("./dev web"));
}
