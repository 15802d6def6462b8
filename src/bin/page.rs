//! The page: see `src/ui`.

fn main() {
    latent_lab::ui::mount();
}
