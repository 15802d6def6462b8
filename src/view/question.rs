//! What every question says of itself, and the macro that makes a table of them.

use super::answer::Answer;
use super::coder::{Coder, Frame, Tests};
use latent_vocabulary::shape::unit_values;

/// Something that can be asked of a model.
#[allow(async_fn_in_trait, reason = "page and worker have one thread each: no future needs to be `Send`")]
pub trait Question {
    /// What it is answered with: what several share, or a type of its own in the question's file.
    type Answer: Answer;
    /// Whether the answer changes with the weights.
    const FOLLOWS_WEIGHTS: bool = true;
    /// Whether it is answered once, for whoever pressed a button.
    const ONCE: bool = false;
    /// Whether it takes test images to answer.
    const OF_TESTS: bool = false;

    /// Whether it goes with such a model: it has that many latents, and pictures of that size.
    fn fits(&self, _: &Frame) -> bool {
        true
    }

    /// The answer.
    ///
    /// # Errors
    /// A sentence, if the question does not fit the model or the data, or the device is lost.
    async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<Self::Answer, String>;
}

/// Whether that many bytes are some rows of `each` bytes.
pub(super) fn whole(bytes: usize, each: usize) -> bool {
    each > 0 && bytes > 0 && bytes.is_multiple_of(each)
}

/// A visitor's images as the encoder wants them.
///
/// # Errors
/// If they are no whole number of pictures of the model's size.
pub(super) fn own(x_np: &[u8], frame: Frame) -> Result<Vec<f32>, String> {
    let len = frame.size.len();
    if !whole(x_np.len(), len) {
        return Err(format!("{} bytes are no whole number of pictures of {len}", x_np.len()));
    }
    Ok(unit_values(x_np))
}

/// Declares the modules of the questions, and makes [`Query`](crate::Query) and [`View`](crate::View) of them: `Name in file`, and
/// `gives Type` where the answer is of a type of its own in that file. A question comes with a slot of its own, for the panel that
/// alone asks it.
macro_rules! questions {
    ($shared_word:ident { $($shared:ident,)* }
     $first_word:ident { $($first:ident in $first_file:ident $(gives $first_own:ident)?,)* }
     $later_word:ident { $($later:ident in $later_file:ident $(gives $later_own:ident)?,)* }
     $apart_word:ident { $($apart:ident in $apart_file:ident $(gives $apart_own:ident)?,)* }) => {
        question::questions! {
            @all {
                $($first in $first_file,)* $($later in $later_file,)* $($apart in $apart_file,)*
            }
        }
        question::questions! {
            @answers {
                $(answer $shared,)*
                $($($first_file $first_own,)?)*
                $($($later_file $later_own,)?)*
                $($($apart_file $apart_own,)?)*
            }
        }

        impl Query {
            /// Whether [`Query::answer_later`] has the answer.
            pub fn comes_later(&self) -> bool {
                matches!(self, $(Self::$later(_))|*)
            }

            /// The answer to what can be answered from the beginning.
            ///
            /// # Errors
            /// As [`Question::answer`], or if this is another question.
            pub async fn answer(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<View, String> {
                match self {
                    $(Self::$first(asked) => asked.answer(coder, tests).await.map(View::from),)*
                    _ => Err("this is answered elsewhere".into()),
                }
            }

            /// The answer to what the code is fetched for.
            ///
            /// # Errors
            /// As [`Question::answer`], or if this is another question.
            pub async fn answer_later(&self, coder: &mut impl Coder, tests: Tests<'_>) -> Result<View, String> {
                match self {
                    $(Self::$later(asked) => asked.answer(coder, tests).await.map(View::from),)*
                    _ => Err("this is answered elsewhere".into()),
                }
            }
        }
    };
    (@answers { $($file:ident $answer:ident,)* }) => {
        $(pub use self::$file::$answer;)*

        /// Answer to a [`Query`], by its type.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum View {
            $(#[allow(missing_docs, reason = "the type says it")] $answer($answer),)*
        }

        impl View {
            /// The pictures in it, if it has any.
            pub fn pictures(&self) -> Option<Pictures<'_>> {
                match self { $(Self::$answer(answer) => answer.pictures(),)* }
            }
        }

        $(
            impl From<$answer> for View {
                fn from(answer: $answer) -> Self {
                    Self::$answer(answer)
                }
            }
        )*
    };
    (@all { $($name:ident in $file:ident,)* }) => {
        $(mod $file;)*
        $(pub use self::$file::$name;)*

        /// What a panel wants to see of the current weights.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Query {
            $(#[allow(missing_docs, reason = "the struct says it")] $name($name),)*
        }

        impl Query {
            /// Whether the answer changes with the weights.
            pub fn follows_weights(&self) -> bool {
                match self { $(Self::$name(_) => $name::FOLLOWS_WEIGHTS,)* }
            }

            /// Whether it is answered once, for whoever pressed a button.
            pub fn once(&self) -> bool {
                match self { $(Self::$name(_) => $name::ONCE,)* }
            }

            /// Whether it takes test images to answer.
            pub fn of_tests(&self) -> bool {
                match self { $(Self::$name(_) => $name::OF_TESTS,)* }
            }

            /// Whether it goes with such a model.
            pub fn fits(&self, frame: &Frame) -> bool {
                match self { $(Self::$name(asked) => asked.fits(frame),)* }
            }
        }

        /// Questions by number.
        enum Kind {
            $($name,)*
            Count,
        }

        /// How many questions there are: slots from here on are the page's to give.
        pub const QUESTIONS: Slot = Kind::Count as Slot;

        $(
            impl $name {
                /// For the one panel that asks it.
                pub const SLOT: Slot = Kind::$name as Slot;
            }

            impl From<$name> for Query {
                fn from(asked: $name) -> Self {
                    Self::$name(asked)
                }
            }
        )*
    };
}
pub(crate) use questions;
