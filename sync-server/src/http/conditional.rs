//! Conditions on the version of what a request is about: `If-Match` and `If-None-Match` (RFC 9110).

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The versions that a header names, as they stand there; none where there is no such header.
pub(super) fn tags(headers: &HeaderMap, name: HeaderName) -> Option<Vec<&str>> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let texts = lines.filter_map(|line| line.to_str().ok());
    Some(texts.flat_map(|text| text.split(',')).map(str::trim).filter(|tag| !tag.is_empty()).collect())
}

/// Whether a version, or any, is among them. Where something is to be overwritten, a weak tag is no
/// version (`is_weak_enough` false).
pub(super) fn names(tags: &[&str], current: &HeaderValue, is_weak_enough: bool) -> bool {
    tags.iter().any(|tag| {
        let strong = if is_weak_enough { tag.strip_prefix("W/").unwrap_or(tag) } else { tag };
        strong == "*" || strong.as_bytes() == current.as_bytes()
    })
}

#[cfg(test)]
mod tests {
    use axum::http::header::IF_MATCH;

    use super::*;

    #[test]
    fn tags_are_read_from_all_lines_of_a_header() {
        let mut headers = HeaderMap::new();
        assert_eq!(tags(&headers, IF_MATCH), None);
        headers.append(IF_MATCH, HeaderValue::from_static("\"1\", W/\"2\""));
        headers.append(IF_MATCH, HeaderValue::from_static("\"3\""));
        let found = tags(&headers, IF_MATCH).expect("a header");
        assert_eq!(found, ["\"1\"", "W/\"2\"", "\"3\""]);
        assert!(names(&found, &HeaderValue::from_static("\"3\""), false));
        assert!(!names(&found, &HeaderValue::from_static("\"2\""), false));
        assert!(names(&found, &HeaderValue::from_static("\"2\""), true));
        assert!(names(&["*"], &HeaderValue::from_static("\"2\""), false));
    }
}
