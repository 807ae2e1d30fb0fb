use dioxus::prelude::*;

/// Hidden from assistive technology: a name always stands beside it.
#[component]
pub fn Avatar(
    name: String,
    picture: Option<String>,
    /// On the clock now.
    #[props(default)]
    active: bool,
) -> Element {
    // The same person has the same shade everywhere.
    let shade = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 4;
    rsx! {
        span {
            class: "avatar",
            "aria-hidden": "true",
            "data-shade": "{shade}",
            "data-active": active.then_some("true"),
            if let Some(src) = picture {
                img { class: "avatar__picture", src, alt: "" }
            } else {
                {initials(&name)}
            }
        }
    }
}

/// First letters of the first and the last name.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_name() {
        assert_eq!(initials("Ana María López"), "AL");
        assert_eq!(initials("jiří"), "J");
        assert_eq!(initials(" "), "");
    }
}
