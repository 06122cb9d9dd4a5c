// Applies bodies to an API server as fast as it takes them: what the bench measures the product beside.
module capstan.dev/test/bench/raw

go 1.26
