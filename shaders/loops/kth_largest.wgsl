// The k-th largest number of a row by a workgroup, digit by digit of eight bits from the highest on. Of the numbers that begin as
// the answer does so far, `bins` counts how many have which next digit, or a larger one. The largest digit that enough numbers
// reach is that of one lane alone.
{{outer}}
var left = u32(clamp(round({{k}}), 1.0f, {{n}}.0f));
var bound = 0u;
for (var digit = 0u; digit < 4u; digit++) {
    let shift = 24u - 8u * digit;
    atomicStore(&bins[lane], 0u);
    workgroupBarrier();
    for (var r = lane; r < {{n}}u; r += {{lanes}}u) {
        {{loads}}
        let number = m_order({{x}}) >> shift;
        if (number >> 8u == bound >> shift >> 8u) {
            atomicAdd(&bins[number & 255u], 1u);
        }
    }
    workgroupBarrier();
    for (var d = 1u; d < {{lanes}}u; d <<= 1u) {
        let more = select(0u, atomicLoad(&bins[min(lane + d, {{lanes}}u - 1u)]), lane + d < {{lanes}}u);
        workgroupBarrier();
        atomicAdd(&bins[lane], more);
        workgroupBarrier();
    }
    let above = select(0u, atomicLoad(&bins[min(lane + 1u, {{lanes}}u - 1u)]), lane + 1u < {{lanes}}u);
    if (above < left && left <= atomicLoad(&bins[lane])) {
        answer[0] = lane << shift;
        answer[1] = above;
    }
    workgroupBarrier();
    bound |= answer[0];
    left -= answer[1];
}
let acc = m_from_order(bound);
