//! The page: see `src/ui`.

fn main() {
    latent_ui::mount();
}
