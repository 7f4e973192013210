//! The page's few pictures, drawn in the colour of the text.

use yew::prelude::*;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// Let time pass.
    Play,
    /// Stop time.
    Pause,
    /// One event on.
    Step,
    /// One event back.
    StepBack,
    /// To the end.
    End,
    /// Slower.
    Minus,
    /// Faster.
    Plus,
    /// Close.
    Cross,
    /// Light theme.
    Sun,
    /// Dark theme.
    Moon,
    /// The system's theme.
    Half,
}

#[derive(Properties, PartialEq)]
pub struct IconProps {
    pub picture: Picture,
}

/// A picture; what it means is said by the control around it.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    let (d, filled) = match props.picture {
        Picture::Play => ("M5 3.2v9.6L13 8z", true),
        Picture::Pause => ("M4 3h3v10H4zM9 3h3v10H9z", true),
        Picture::Step => ("M3 3.5v9L9.5 8zM11 3.5h2v9h-2z", true),
        Picture::StepBack => ("M13 3.5v9L6.5 8zM3 3.5h2v9h-2z", true),
        Picture::End => ("M2 3.5v9L7 8zM7 3.5v9L12 8zM12.2 3.5h1.8v9h-1.8z", true),
        Picture::Minus => ("M3.5 8h9", false),
        Picture::Plus => ("M3.5 8h9M8 3.5v9", false),
        Picture::Cross => ("M4 4l8 8M12 4l-8 8", false),
        Picture::Sun => (
            "M8 5a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM8 1.2v1.6M8 13.2v1.6M1.2 8h1.6M13.2 8h1.6M3.2 3.2l1.1 1.1M11.7 11.7l1.1 1.1M12.8 3.2l-1.1 1.1M4.3 11.7l-1.1 1.1",
            false,
        ),
        Picture::Moon => ("M13 9.6A5.6 5.6 0 0 1 6.4 3a5.6 5.6 0 1 0 6.6 6.6z", false),
        Picture::Half => ("M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0-12zM8 2v12a6 6 0 0 0 0-12z", false),
    };
    let class = if filled { "icon is-filled" } else { "icon" };
    html! {
        <svg {class} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
            <path {d} />
            if props.picture == Picture::Half {
                <path class="icon-fill" d="M8 2v12a6 6 0 0 0 0-12z" />
            }
        </svg>
    }
}
