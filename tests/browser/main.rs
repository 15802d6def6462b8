mod driver;
use driver::{WebGpu,Options, Page};
#[test]
fn probe() {
    for webgpu in [WebGpu::Software, WebGpu::NoAdapter, WebGpu::NoApi] {
        let page = Page::open(&Options { query: "a=1", webgpu, ..Options::default() });
        page.click("train");
        println!("{webgpu:?} {:?} {} {:?}", page.wait("got", "window.got"), page.state(), page.errors());
        println!("{:?}", page.long_tasks(0.0));
        page.screenshot("probe");
    }
}
