//! Autoencoders without a prior: plain, and with something in their way. One file a method, one line in the registry below.

crate::registry::methods! {
    ae::Ae,
    dae::Dae,
    mae::Mae,
    lowrank::LowRank,
    topo::Topo,
    qlae::Qlae,
    msp::Msp,
    prototypes::Prototypes,
    gon::Gon,
    dpa::Dpa,
    deep_cae::DeepCae,
    residual::Residual,
    sign_ae::SignAe,
    nsae::Nsae,
    cluster_net::ClusterNet,
    rosteals::Rosteals,
}
