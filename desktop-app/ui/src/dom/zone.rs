//! The clock on the plant's wall, for the screens. A browser knows the time zones by itself, so the
//! module of the screens need not bring them; dates that are decided or stored are the replica's.

#[cfg(target_arch = "wasm32")]
pub use browser::Zone;
#[cfg(not(target_arch = "wasm32"))]
pub use shared_model::time::Zone;

#[cfg(target_arch = "wasm32")]
mod browser {
    use std::cell::RefCell;

    use js_sys::{Array, Function, Intl::DateTimeFormat, Object, Reflect};
    use shared_model::time::{Date, Timestamp};
    use wasm_bindgen::{JsCast, JsValue};

    /// The last day that a browser can tell, in milliseconds since 1970; the first is as far back.
    const END_OF_TIME: i64 = 8_640_000_000_000_000;

    /// What the parts are asked of, in digits that parse.
    const LOCALE: &str = "en-US-u-ca-gregory-nu-latn";

    thread_local! {
        /// Making one takes long, and every screen asks for the same.
        static LAST: RefCell<Option<Zone>> = const { RefCell::new(None) };
    }

    /// An IANA time zone that this browser knows.
    #[derive(Clone)]
    pub struct Zone {
        name: String,
        format: DateTimeFormat,
    }

    impl PartialEq for Zone {
        fn eq(&self, other: &Self) -> bool {
            self.name == other.name
        }
    }

    impl Zone {
        /// # Errors
        /// When this browser does not know the zone.
        pub fn parse(name: &str) -> Result<Self, JsValue> {
            let last = LAST.with_borrow(|last| last.clone().filter(|zone| zone.name == name));
            if let Some(zone) = last {
                return Ok(zone);
            }
            let zone = Self { name: name.to_owned(), format: format_in(name)? };
            LAST.set(Some(zone.clone()));
            Ok(zone)
        }

        /// The date on the plant's calendar at an instant.
        pub fn date(&self, at: Timestamp) -> Date {
            let parts = self.parts(at);
            let part = |name| number(&parts, name);
            let year = part("year").and_then(|it| it.try_into().ok());
            let month = part("month").and_then(|it| it.try_into().ok());
            let day = part("day").and_then(|it| it.try_into().ok());
            let date = year.zip(month).zip(day).map(|((year, month), day)| Date::new(year, month, day));
            date.and_then(Result::ok).unwrap_or_default()
        }

        /// "14:02".
        pub fn clock(&self, at: Timestamp) -> String {
            let parts = self.parts(at);
            let part = |name| number(&parts, name).unwrap_or_default();
            format!("{:02}:{:02}", part("hour"), part("minute"))
        }

        fn parts(&self, at: Timestamp) -> Array {
            #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
            let millis = at.as_millis().clamp(-END_OF_TIME, END_OF_TIME) as f64;
            self.format.format_to_parts(&js_sys::Date::new(&millis.into()))
        }
    }

    fn format_in(zone: &str) -> Result<DateTimeFormat, JsValue> {
        let options = Object::new();
        for (name, value) in [
            ("timeZone", zone),
            ("hourCycle", "h23"),
            ("year", "numeric"),
            ("month", "numeric"),
            ("day", "numeric"),
            ("hour", "numeric"),
            ("minute", "numeric"),
        ] {
            Reflect::set(&options, &name.into(), &value.into())?;
        }
        // Not by the binding's own constructor: that does not catch what an unknown zone throws.
        let intl = Reflect::get(&js_sys::global(), &"Intl".into())?;
        let constructor: Function = Reflect::get(&intl, &"DateTimeFormat".into())?.dyn_into()?;
        let format = Reflect::construct(&constructor, &Array::of2(&LOCALE.into(), &options))?;
        Ok(format.unchecked_into())
    }

    fn number(parts: &Array, name: &str) -> Option<i32> {
        let property = |part: &JsValue, name: &str| Reflect::get(part, &name.into()).ok()?.as_string();
        let part = parts.iter().find(|part| property(part, "type").as_deref() == Some(name))?;
        property(&part, "value")?.parse().ok()
    }
}
