// A tile of a product by a workgroup, a square of lanes. Each turn brings a slice of A and of B to workgroup memory and adds the
// product of both. No lane leaves early: all of them must meet at the barriers.
let down = lane / {{side}}u;
let across = lane % {{side}}u;
let tile_n = group % {{columns}}u;
let tile_m = group / {{columns}}u % {{rows}}u;
{{batch}}
{{indices}}
{{zeros}}
for (var k0 = {{from}}; k0 < {{to}}; k0 += {{depth}}u) {
    {{loads}}
    workgroupBarrier();
    {{to_rows}}
    {{to_columns}}
    workgroupBarrier();
    for (var s = 0u; s < {{depth}}u; s++) {
        let x = {{left}}[s * {{pitch}}u + down];
        let y = {{right}}[s * {{pitch}}u + across];
        {{sums}}
    }
}
{{stores}}
