//! Autoencoders with a continuous code and a prior. One file a method, one line in the registry below.

crate::registry::methods! {
    vae::Vae,
    beta_vae::BetaVae,
    beta_tc::BetaTc,
    factor_vae::FactorVae,
    dip_vae::DipVae,
    info_vae::InfoVae,
    wae::Wae,
    swae::Swae,
    iwae::Iwae,
    ladder_vae::LadderVae,
    mgp_vae::MgpVae,
    mvae::Mvae,
    cvae::Cvae,
    attribute_vae::AttributeVae,
    diffusion_vae::DiffusionVae,
    latent_flow::LatentFlow,
    joint_vae::JointVae,
}
