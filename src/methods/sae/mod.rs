//! Sparse autoencoders: inputs as sums of a few features out of many. One file a method, one line in the registry below.

#[cfg(feature = "networks")]
mod base;
mod params;
#[cfg(feature = "networks")]
mod source;

crate::registry::methods! {
    topk::TopK,
    relu::Relu,
    k_sparse::KSparse,
    batch_topk::BatchTopK,
    jump_relu::JumpRelu,
    gated::Gated,
    matryoshka::Matryoshka,
    p_annealing::PAnnealing,
    archetypal::Archetypal,
    aligned::Aligned,
    variational::Variational,
    top_afa::TopAfa,
    scope::Scope,
    specialised::Specialised,
    e2e::EndToEnd,
    transcoder::Transcoder,
    gradient::Gradient,
    layers::Layers,
}
