//! One outline per name. A dot is a line of no length with a round end.

macro_rules! icons {
    ($($name:ident $path:literal)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum IconName { $($name),* }

        impl IconName {
            pub const ALL: &[IconName] = &[$(IconName::$name),*];

            pub(super) fn path(self) -> &'static str {
                match self { $(IconName::$name => $path),* }
            }
        }
    };
}

icons! {
    Alert "M12 3.5 22 20.5H2ZM12 10v4.5M12 17.5v.01"
    ArrowRight "M4 12h16M14 6l6 6-6 6"
    Backspace "M9 5h11a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H9l-6-7ZM12 9.5l5 5M17 9.5l-5 5"
    Bell "M6 17V11a6 6 0 0 1 12 0v6M4 17h16M10 20.5h4M12 3v2"
    Block "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM7.5 12h9"
    Board "M4 4h4.5v16H4ZM11 4h4.5v10H11ZM18 4h2.5v7H18Z"
    Box "M12 3l8.5 4.5v9L12 21l-8.5-4.5v-9ZM3.5 7.5 12 12l8.5-4.5M12 12v9M7.7 5.3l8.6 4.6"
    Calendar "M4 6h16v14H4ZM4 10.5h16M8 3.5V7M16 3.5V7"
    Check "M4.5 12.5 10 18 20 6.5"
    CheckCircle "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM7.8 12.3l3 3 5.6-6.2"
    ChevronDown "M5 9l7 7 7-7"
    ChevronLeft "M15 5l-7 7 7 7"
    ChevronRight "M9 5l7 7-7 7"
    ChevronUp "M5 15l7-7 7 7"
    Clipboard "M8 5H5.5v16h13V5H16M8.5 3h7v4h-7ZM9 12h6M9 16h4"
    Clock "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM12 7.5V12l3.2 2"
    Cloud "M7 19a4.5 4.5 0 0 1-.6-8.96 6 6 0 0 1 11.5 1.02A4 4 0 0 1 17.5 19Z"
    CloudOff "M3 3l18 18M8.2 8a6 6 0 0 0-1.8 2.04A4.5 4.5 0 0 0 7 19h10.5c.5 0 1-.1 1.4-.3M11.2 6.1a6 6 0 0 1 6.7 4.96 4 4 0 0 1 3.3 5.2"
    CloudUp "M6.5 18.2a4.5 4.5 0 0 1-.1-8.16 6 6 0 0 1 11.5 1.02 4 4 0 0 1 .6 7.5M12 21v-8M8.8 15.8 12 12.6l3.2 3.2"
    Contrast "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM12 3v18M12 7h3.6M12 11h5M12 15h4.6"
    Cross "M6 6l12 12M18 6 6 18"
    Download "M12 3.5v12M6.5 10.5l5.5 5.5 5.5-5.5M4 20.5h16"
    Edit "M4 20l1-4.5L16.5 4 20 7.5 8.5 19ZM14 6.5 17.5 10"
    Eye "M2.5 12C5 7.5 8.2 5.3 12 5.3s7 2.2 9.5 6.7c-2.5 4.5-5.7 6.7-9.5 6.7S5 16.5 2.5 12ZM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6Z"
    Factory "M3 20.5V9l6 4V9l6 4V4h4.5l1.5 16.5ZM8 17v.01M12 17v.01M16 17v.01"
    Filter "M3.5 5h17l-6.5 8v6l-4 2v-8Z"
    Flag "M5 21V4M5 4.5h13l-3 4.5 3 4.5H5"
    Gear "M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM12 2.5v3M12 18.5v3M2.5 12h3M18.5 12h3M5.3 5.3l2.1 2.1M16.6 16.6l2.1 2.1M5.3 18.7l2.1-2.1M16.6 7.4l2.1-2.1M12 5.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13Z"
    Info "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18ZM12 11v6M12 7.3v.01"
    List "M8.5 6H21M8.5 12H21M8.5 18H21M4 6v.01M4 12v.01M4 18v.01"
    Lock "M5 10.5h14V21H5ZM8 10.5V7.5a4 4 0 0 1 8 0v3M12 14.5v2.5"
    Minus "M5 12h14"
    Moon "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z"
    More "M12 4.3a.7.7 0 1 1 0 1.4.7.7 0 0 1 0-1.4ZM12 11.3a.7.7 0 1 1 0 1.4.7.7 0 0 1 0-1.4ZM12 18.3a.7.7 0 1 1 0 1.4.7.7 0 0 1 0-1.4Z"
    Move "M5 9l-3 3 3 3M9 5l3-3 3 3M15 19l-3 3-3-3M19 9l3 3-3 3M2 12h20M12 2v20"
    Pause "M8 4.5v15M16 4.5v15"
    Play "M6.5 4v16L20 12Z"
    Plus "M12 5v14M5 12h14"
    Print "M7 8.5V3h10v5.5M7 17H3.5V8.5h17V17H17M7 14h10v7H7ZM17 11.5v.01"
    Route "M6 16.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM18 2.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM8.5 19H16a3.5 3.5 0 0 0 0-7H8a3.5 3.5 0 0 1 0-7h7.5"
    Scan "M3 8V4h4M17 4h4v4M21 16v4h-4M7 20H3v-4M7 8.5v7M10.5 8.5v7M13.5 8.5v7M17 8.5v7"
    Scrap "M4.5 6.5h15M9.5 6.5V3.5h5v3M6 6.5l1 14h10l1-14M10 10.5l.4 6.5M14 10.5l-.4 6.5"
    Search "M10.5 3.5a7 7 0 1 1 0 14 7 7 0 0 1 0-14ZM15.7 15.7 21 21"
    Star "M12 3l2.7 5.9 6.3.8-4.7 4.4 1.3 6.4L12 17.3l-5.6 3.2 1.3-6.4L3 9.7l6.3-.8Z"
    Starved "M3 12h13M11 6.5l5.5 5.5-5.5 5.5M20.5 4v16"
    Stop "M5.5 5.5h13v13h-13Z"
    Sun "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2v2.5M12 19.5V22M2 12h2.5M19.5 12H22M4.9 4.9l1.8 1.8M17.3 17.3l1.8 1.8M4.9 19.1l1.8-1.8M17.3 6.7l1.8-1.8"
    Undo "M8 4 3.5 8.5 8 13M3.5 8.5h10.5a6 6 0 0 1 0 12H8"
    User "M12 3.5a4.2 4.2 0 1 1 0 8.4 4.2 4.2 0 0 1 0-8.4ZM4 21c.6-4 3.5-6 8-6s7.4 2 8 6"
    Users "M9 4a3.8 3.8 0 1 1 0 7.6A3.8 3.8 0 0 1 9 4ZM2 20.5c.5-3.7 3-5.6 7-5.6s6.5 1.9 7 5.6M16 4.5a3.5 3.5 0 0 1 0 6.7M18.5 15.2c2 .8 3.2 2.5 3.5 5.3"
    Wrench "M14.5 9.5 4 20M20.8 6.2a5.2 5.2 0 0 1-7 5 5.2 5.2 0 0 1 4-8.4l-2.6 2.9.5 2.6 2.6.5Z"
}
