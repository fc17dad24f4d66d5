PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
PEERS := _build/benchmark
MUTANTS := _build/mutants

export PYTHONHASHSEED := 0
export OMP_NUM_THREADS := 1
export OMP_WAIT_POLICY := PASSIVE

.PHONY: book test worlds lab benchmark mutants lock clean

book: $(STAMP)
	$(BIN)/python tools/build.py

test: book
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-respect-gitignore --config 'exclude=[]' --config line-length=80 --select B,E,F \
		--config 'lint.per-file-ignores={"**/homework/*"=["F401"]}' _build/notebooks
	$(BIN)/python tools/recheck.py
	$(BIN)/python -m pytest -n 2 --dist loadfile

# Every claim of the chapters that have changed, or of CHAPTERS="boltzmann/machine …", in nine worlds.
worlds: $(STAMP)
	$(BIN)/python tools/worlds.py $(CHAPTERS)

lab: $(STAMP)
	$(BIN)/jupyter lab book

benchmark: $(STAMP) $(PEERS)/.installed
	$(PEERS)/bin/python tests/benchmarks/training_speed.py
	$(PEERS)/bin/python tests/benchmarks/mnist_likelihood.py
	$(PEERS)/bin/python tests/benchmarks/mnist_boltzmann.py
	$(BIN)/python tests/benchmarks/mnist_reconstruction.py
	$(BIN)/python tests/benchmarks/mnist_pretraining.py
	$(BIN)/python tests/benchmarks/mnist_convolutional.py
	$(BIN)/python tests/benchmarks/mnist_spoken_digits.py
	$(BIN)/python tests/benchmarks/spoken_digits_conversion.py
	$(BIN)/python tests/benchmarks/newsgroups_search.py
	$(PEERS)/bin/python tests/benchmarks/search_speed.py
	$(BIN)/python tests/benchmarks/homework_class.py

# Small changes of MODULE=boltzmann/machine, one at a time, and which of them its tests notice. More
# in OPTIONS="-n 50 --seed 1 tests/test_bad_input.py tests/boltzmann/test_machine.py".
mutants: $(STAMP) $(MUTANTS)/.installed
	$(MUTANTS)/bin/python tools/mutants.py $(MODULE) $(OPTIONS)

# torch first and alone: with it in place, nothing else asks for another build of it.
# A double click on a chapter opens it as a notebook.
$(STAMP): requirements.txt pyproject.toml mmlearn_helpers/__init__.py
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q $$(grep '^torch==' requirements.txt)
	$(BIN)/python -m pip install -q -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	$(BIN)/jupytext-config --settings-file .venv/share/jupyter/lab/settings/overrides.json set-default-viewer markdown
	touch $@

# The trainers that ours is timed beside, apart from the book; dependency groups need pip 25.1.
$(PEERS)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install -q 'pip>=25.1'
	$(PEERS)/bin/python -m pip install -q $$(grep '^torch==' requirements.txt)
	$(PEERS)/bin/python -m pip install -q -c requirements.txt --group benchmark -e '.[search]'
	touch $@

# What makes the mutants needs nothing of the book.
$(MUTANTS)/.installed: pyproject.toml
	$(PYTHON) -m venv $(MUTANTS)
	$(MUTANTS)/bin/python -m pip install -q 'pip>=25.1'
	$(MUTANTS)/bin/python -m pip install -q --group mutants
	touch $@

# The newest versions that pyproject.toml allows, with torch as it stands in the lock, and without
# the CUDA packages that some builds of torch bring.
lock:
	rm -rf _build/lock && $(PYTHON) -m venv _build/lock
	_build/lock/bin/python -m pip install -q $$(grep '^torch==' requirements.txt)
	_build/lock/bin/python -m pip install -q '.[book,test]'
	echo "# Exact versions for the book, made by 'make lock'." > _build/lock/requirements.txt
	_build/lock/bin/python -m pip freeze --exclude mmlearn-helpers | sed 's/+cpu$$//' \
		| grep -viE '^(nvidia|cuda|triton)' >> _build/lock/requirements.txt
	mv _build/lock/requirements.txt .

clean:
	rm -rf _build .venv .pytest_cache .ruff_cache
