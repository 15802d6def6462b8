//! Encoders that learn from two views of each image, without a decoder. One file a method, one line in the registry below.

crate::registry::methods! {
    simsiam::SimSiam,
}
