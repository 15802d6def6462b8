// A tile of a product by a workgroup, whose lanes are squares that each take a share of the inner loop's steps. Each turn brings a
// slice of A and of B to workgroup memory and adds the product of both. No lane leaves early: all of them must meet at the barriers.
{{lanes}}
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
    {{sums}}
}
{{stores}}
